import { isDeepStrictEqual } from 'node:util';
import { bn254 } from '@noble/curves/bn254.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { g1, g1Text, g2, g2Text, trapdoorKey, trapdoorProof } from '../test/trapdoor.js';
import { type CircuitVector, readVector } from '../test/vectors.js';
import { groth16Failures, prepareKey, type PreparedKey, type Verdict, verifyProof } from './index.js';

const { ORDER: r } = bn254.fields.Fr;
const { ORDER: q } = bn254.fields.Fp;

function prepared(value: unknown): PreparedKey {
  const reading = prepareKey(value);
  if (!reading.ok) throw new Error(reading.code);
  return reading.value;
}

const codes = Object.keys(groth16Failures);
const refused = (verdict: Verdict): boolean => !verdict.valid && codes.includes(verdict.code);

describe('the equation', () => {
  it('holds where the sum of IC is zero, which has no pairing', () => {
    const factors = [6n, 1n, 2n];
    const key = prepared(trapdoorKey(factors));
    const signals = [r - 4n, r - 1n];
    const proof = trapdoorProof(factors, signals);
    expect(verifyProof(key, signals.map(String), proof)).toEqual({ valid: true });
    const another = verifyProof(key, signals.map(String), trapdoorProof(factors, [1n, 1n]));
    expect(another).toEqual({ valid: false, code: 'equation-false' });
  });

  it('holds for one key and many statements', () => {
    const factors = [5n, 7n];
    const key = prepared(trapdoorKey(factors));
    for (const signal of [0n, 1n, 255n, 256n, r / 2n, r - 1n]) {
      const proof = trapdoorProof(factors, [signal]);
      expect(verifyProof(key, [`${signal}`], proof)).toEqual({ valid: true });
      expect(verifyProof(key, [`${(signal + 1n) % r}`], proof).valid).toBe(false);
    }
  });

  it('holds for 795 public signals, and for no neighbour of them', () => {
    const { vk, publicSignals, proof } = readVector<CircuitVector>('linear-795');
    const key = prepared(vk);
    expect(verifyProof(key, publicSignals, proof)).toEqual({ valid: true });
    for (const index of [0, 400, 783, 784, 793, 794]) {
      const changed = publicSignals.with(index, `${(BigInt(publicSignals[index] as string) + 1n) % r}`);
      expect(verifyProof(key, changed, proof)).toEqual({ valid: false, code: 'equation-false' });
    }
  });
});

describe('random changes', () => {
  const { vk, publicSignals, proof } = readVector<CircuitVector>('cube');
  const key = prepared(vk);

  /** Each text of a value by its path, and each list and object by its own. */
  function paths(value: unknown, path: readonly string[] = []): (readonly string[])[] {
    if (typeof value !== 'object' || value === null) return [path];
    return [path, ...Object.entries(value).flatMap(([name, each]) => paths(each, [...path, name]))];
  }

  function replaced(value: unknown, [name, ...rest]: readonly string[], by: unknown): unknown {
    if (name === undefined) return by;
    const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>;
    copy[name] = replaced(copy[name], rest, by);
    return copy;
  }

  const factor = fc.bigInt({ min: 1n, max: r - 1n });
  const anything = fc.oneof(
    fc.jsonValue(),
    fc.anything({ withBigInt: true, withMap: true, withNullPrototype: true, withObjectString: true }),
    fc.bigInt({ min: -q, max: 2n * q }).map(String),
    factor.map((each) => g1Text(g1(each))),
    factor.map((each) => g2Text(g2(each))),
  );
  const change = (value: unknown): fc.Arbitrary<unknown> =>
    fc
      .tuple(fc.constantFrom(...paths(value)), anything)
      .map(([path, by]) => replaced(value, path, by))
      .filter((changed) => !isDeepStrictEqual(changed, value));

  it('of the key never throw and never verify', () => {
    fc.assert(
      fc.property(change(vk), (changed) => {
        const reading = prepareKey(changed);
        if (reading.ok) expect(refused(verifyProof(reading.value, publicSignals, proof))).toBe(true);
        else expect(codes).toContain(reading.code);
      }),
      { numRuns: 150 },
    );
  });

  it('of signals and proof never throw and never verify', () => {
    const changed = fc.oneof(
      change(publicSignals).map((signals) => [signals, proof]),
      change(proof).map((given) => [publicSignals, given]),
    );
    fc.assert(
      fc.property(changed, ([signals, given]) =>
        expect(refused(verifyProof(key, signals, given))).toBe(true),
      ),
      { numRuns: 150 },
    );
  });
});
