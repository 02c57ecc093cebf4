import { describe, expect, it } from '@jest/globals';
import {
  PAP,
  PAP_DEADLINE_MAX_MS,
  PAP_TEXT_CHARACTERS_MAX,
  papFailure,
  type PapRequest,
  papRequests,
  statementDigest,
} from './protocol.js';

const file = (digit: string) => ({ path: `/job/${digit}`, sha256: digit.repeat(64) });
const tensor = { name: 'x', datatype: 'UINT8', shape: [1], values: [1] } as const;
const verify: PapRequest<'verify'> = {
  protocol: PAP,
  verb: 'verify',
  model: { onnx: file('a'), options: file('b') },
  programDigest: 'c'.repeat(64),
  inputs: [{ ...tensor, shape: [1], values: [1] }],
  outputs: [{ name: 'y', datatype: 'INT32', shape: [1], values: [-2] }],
  bind: 'd'.repeat(62),
  setUp: { verificationKey: file('e'), vkDigest: '1'.repeat(64) },
  proof: file('f'),
  challenge: '0'.repeat(64),
  deadlineMs: PAP_DEADLINE_MAX_MS,
};
const isTaken = (value: unknown): boolean => papRequests.verify.safeParse(value).success;

describe('a request', () => {
  it('is closed', () => {
    expect(isTaken(verify)).toBe(true);
    expect(isTaken({ ...verify, trusted: true })).toBe(false);
    expect(isTaken({ ...verify, proof: { ...file('f'), url: 'x' } })).toBe(false);
  });

  it.each([
    ['another protocol', { protocol: 'pap/2' }],
    ['another verb', { verb: 'prove' }],
    ['a relative path', { proof: { ...file('f'), path: 'proof' } }],
    ['a path with a zero byte', { proof: { ...file('f'), path: '/a\0b' } }],
    ['a fraction', { inputs: [{ ...tensor, values: [0.5] }] }],
    ['an open dimension', { inputs: [{ ...tensor, shape: [-1] }] }],
    ['32 bytes of bind', { bind: 'd'.repeat(64) }],
    ['no challenge', { challenge: undefined }],
    ['no time', { deadlineMs: 0 }],
    ['more than PAP_DEADLINE_MAX_MS', { deadlineMs: PAP_DEADLINE_MAX_MS + 1 }],
  ])('with %s is refused', (_, part) => {
    expect(isTaken({ ...verify, ...part })).toBe(false);
  });

  it('has messages of up to PAP_TEXT_CHARACTERS_MAX characters, not one more', () => {
    const failure = (characters: number) =>
      papFailure.safeParse({ protocol: PAP, error: { code: 'internal', message: 'x'.repeat(characters) } })
        .success;
    expect(failure(PAP_TEXT_CHARACTERS_MAX)).toBe(true);
    expect(failure(PAP_TEXT_CHARACTERS_MAX + 1)).toBe(false);
  });
});

describe('the digest of a statement', () => {
  it.each([
    ['model', { model: { onnx: file('0'), options: file('b') } }],
    ['options', { model: { onnx: file('a') } }],
    ['program', { programDigest: '0'.repeat(64) }],
    ['inputs', { inputs: [{ ...verify.inputs[0], values: [2] }] }],
    ['outputs', { outputs: [{ ...verify.outputs[0], values: [2] }] }],
    ['bind', { bind: '0'.repeat(62) }],
    ['key', { setUp: { ...verify.setUp, verificationKey: file('0') } }],
    ['circuit of the key', { setUp: { ...verify.setUp, vkDigest: '2'.repeat(64) } }],
    ['set-up', { setUp: undefined }],
    ['proof', { proof: file('0') }],
  ])('changes with the %s', (_, part) => {
    const changed = { ...verify, ...part } as PapRequest<'verify'>;
    expect(statementDigest(changed)).not.toBe(statementDigest(verify));
  });

  it('is the same wherever the files lie, and for every challenge', () => {
    const moved = { ...verify, proof: { ...verify.proof, path: '/elsewhere' }, challenge: '9'.repeat(64) };
    expect(statementDigest(moved)).toBe(statementDigest(verify));
  });
});
