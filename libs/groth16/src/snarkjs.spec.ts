import { describe, expect, it } from '@jest/globals';
import { type CircuitVector, readVector } from '../test/vectors.js';
import {
  fromSnarkjsKey,
  fromSnarkjsProof,
  type Groth16Proof,
  SIGNALS_MAX,
  toSnarkjsKey,
  toSnarkjsProof,
  type VerificationKey,
} from './index.js';

type Raw = Readonly<Record<string, unknown>> & {
  readonly IC: readonly string[][];
  readonly vk_beta_2: string[][];
};

const written = readVector<{ vk: Raw; proof: Readonly<Record<string, unknown>> }>('snarkjs');
const ours = readVector<CircuitVector>('cube') as unknown as { vk: VerificationKey; proof: Groth16Proof };
const infinity = ['0', '1', '0'];

describe('what snarkjs writes', () => {
  it('becomes ours and back, without the pairing of alpha and beta', () => {
    expect(fromSnarkjsKey(written.vk)).toEqual({ ok: true, value: ours.vk });
    expect(fromSnarkjsProof(written.proof)).toEqual({ ok: true, value: ours.proof });
    const { vk_alphabeta_12, ...rest } = written.vk;
    expect(vk_alphabeta_12).toBeDefined();
    expect(toSnarkjsKey(ours.vk)).toEqual(rest);
    expect(toSnarkjsProof(ours.proof)).toEqual(written.proof);
    expect(fromSnarkjsKey(toSnarkjsKey(ours.vk))).toEqual({ ok: true, value: ours.vk });
  });

  const { IC, ...noIc } = written.vk;
  it.each([
    ['null', null],
    ['our own form', ours.vk],
    ['a member more', { ...written.vk, x: 1 }],
    ['a member less', noIc],
    ['an own __proto__', { ...written.vk, ['__proto__']: 1 }],
    ['another protocol', { ...written.vk, protocol: 'plonk' }],
    ['another curve', { ...written.vk, curve: 'bls12381' }],
    ['infinity', { ...written.vk, vk_alpha_1: infinity }],
    ['a third coordinate that is a number', { ...written.vk, vk_alpha_1: [...ours.vk.vk_alpha_1, 1] }],
    ['infinity in G2', { ...written.vk, vk_beta_2: [...ours.vk.vk_beta_2, ['0', '0']] }],
    [
      'a third coordinate of G2 beyond the base field',
      { ...written.vk, vk_beta_2: [...ours.vk.vk_beta_2, ['1', '1']] },
    ],
    ['no points of IC', { ...written.vk, IC: [] }],
    ['more points than any key has', { ...written.vk, IC: Array(SIGNALS_MAX + 2).fill(IC[0]) }],
  ])('is refused as a key: %s', (_what, value) => {
    expect(fromSnarkjsKey(value)).toEqual({ ok: false, code: 'key-malformed' });
  });

  it('is refused as a key when IC has a point too many', () => {
    expect(fromSnarkjsKey({ ...written.vk, IC: [...IC, IC[0]] })).toEqual({
      ok: false,
      code: 'key-ic-length',
    });
  });

  it.each([
    ['null', null],
    ['our own form', ours.proof],
    ['another protocol', { ...written.proof, protocol: 'plonk' }],
    ['another curve', { ...written.proof, curve: 'bn254' }],
    ['infinity', { ...written.proof, pi_c: infinity }],
  ])('is refused as a proof: %s', (_what, value) => {
    expect(fromSnarkjsProof(value)).toEqual({ ok: false, code: 'proof-malformed' });
  });
});
