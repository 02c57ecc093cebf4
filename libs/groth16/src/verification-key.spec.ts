import { describe, expect, it } from '@jest/globals';
import { trapdoorKey, trapdoorProof } from '../test/trapdoor.js';
import { type CircuitVector, readVector } from '../test/vectors.js';
import { prepareKey, readVerificationKey, SIGNALS_MAX, verifyProof } from './index.js';

const { vk, proof, publicSignals } = readVector<CircuitVector>('cube');
const malformed = { ok: false, code: 'key-malformed' };

/** A proxy that behaves like its target except in one way. */
const proxyOf = (target: object, handler: ProxyHandler<object>): unknown => new Proxy(target, handler);
const fail = (): never => {
  throw new Error('a trap');
};

describe('a verification key of anybody', () => {
  it(`has at most ${SIGNALS_MAX} public signals`, () => {
    const factors = new Array<bigint>(SIGNALS_MAX + 1).fill(7n);
    const signals = factors.slice(1).map((_, index) => BigInt(index % 300));
    const small = trapdoorKey([7n, 7n]);
    const ofCount = (nPublic: number) => ({ ...small, nPublic, IC: Array(nPublic + 1).fill(small.IC[0]) });
    const prepared = prepareKey(ofCount(SIGNALS_MAX));
    if (!prepared.ok) throw new Error(prepared.code);
    const verdict = verifyProof(prepared.value, signals.map(String), trapdoorProof(factors, signals));
    expect(verdict).toEqual({ valid: true });
    expect(prepareKey(ofCount(SIGNALS_MAX + 1))).toEqual(malformed);
  });

  it('is copied, so that a later change of the value changes nothing', () => {
    const value = { ...vk, IC: [...vk.IC] };
    const reading = readVerificationKey(value);
    value.IC.length = 0;
    expect(reading).toEqual({ ok: true, value: vk });
  });

  it.each([
    ['members that are inherited', Object.create(vk)],
    ['a member that is inherited', Object.assign(Object.create({ IC: vk.IC }), { ...vk, IC: undefined })],
    ['a symbol among the members', { ...vk, [Symbol.iterator]: null }],
    ['a getter that throws', { ...vk, get curve() { return fail(); } }], // prettier-ignore
    ['a proxy that throws when its members are counted', proxyOf(vk, { ownKeys: fail })],
    ['a proxy that throws when a member is read', proxyOf(vk, { get: fail })],
    ['IC with holes', { ...vk, IC: new Array(3) }],
    ['numbers as bigint', { ...vk, nPublic: 2n }],
    ['words as objects', { ...vk, protocol: new String('groth16') }],
    ['a function', () => vk],
    ['a symbol', Symbol('vk')],
    ['nothing', undefined],
  ])('is refused with %s', (_what, value) => {
    expect(readVerificationKey(value)).toEqual(malformed);
  });

  it('is read once: IC that shrinks while it is read is refused', () => {
    let lengths = 3;
    const IC = proxyOf([...vk.IC], {
      get: (target, name) => (name === 'length' ? lengths-- : Reflect.get(target, name)),
    });
    expect(readVerificationKey({ ...vk, IC })).toEqual(malformed);
  });
});

describe('public signals and a proof of anybody', () => {
  const prepared = prepareKey(vk);
  if (!prepared.ok) throw new Error(prepared.code);

  it.each([
    ['signals-malformed', proxyOf([...publicSignals], { get: fail }), proof],
    ['signal-not-canonical', new Array(2), proof],
    ['signal-not-canonical', [publicSignals[0], { toString: () => publicSignals[1] }], proof],
    ['proof-malformed', publicSignals, Object.create(proof)],
    ['proof-malformed', publicSignals, { ...proof, get pi_a() { return fail(); } }], // prettier-ignore
    ['proof-malformed', publicSignals, proxyOf(proof, { getOwnPropertyDescriptor: fail })],
    ['proof-malformed', publicSignals, undefined],
  ])('never make the verifier throw: %s', (code, signals, given) => {
    expect(verifyProof(prepared.value, signals, given)).toEqual({ valid: false, code });
  });
});
