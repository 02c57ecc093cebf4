import { describe, expect, it } from '@jest/globals';
import { allCases, circuits, type ProofCase } from '../test/vectors.js';
import { groth16Failures, prepareKey, type Verdict, verifyProof } from './index.js';

function judge({ vk, publicSignals, proof }: ProofCase): Verdict {
  const prepared = prepareKey(vk);
  if (!prepared.ok) return { valid: false, code: prepared.code };
  return verifyProof(prepared.value, publicSignals, proof);
}

describe('the vectors of Groth16 proofs', () => {
  const cases = allCases();

  it.each(cases)('$name: $expected', (each) => {
    expect(judge(each)).toEqual(each.expected);
  });

  it('hold every reason for a refusal, and proofs of 1, 2, 33 and 795 public signals', () => {
    const codes = cases.map(({ expected }) => (expected.valid ? 'valid' : expected.code));
    expect(new Set(codes)).toEqual(new Set(['valid', ...Object.keys(groth16Failures)]));
    const counts = cases.slice(0, circuits.length).map(({ publicSignals }) => (publicSignals as []).length);
    expect(counts).toEqual([1, 2, 33, 795]);
  });
});
