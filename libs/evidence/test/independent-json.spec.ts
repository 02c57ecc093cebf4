import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { canonicalizeIndependently, pythonWithCryptography } from '@touchstone/testing';
import type { GoldenCase } from './golden/golden-case.js';

interface Vector extends GoldenCase {
  readonly input: { readonly text: string };
  readonly expected: { readonly ok: true; readonly bytes: string } | { readonly ok: false };
}

const SCRIPT = 'verify_independent.py';
const { cases } = JSON.parse(
  readFileSync(fileURLToPath(new URL('../vectors/canonical-json.json', import.meta.url)), 'utf8'),
) as { cases: Vector[] };
const python = pythonWithCryptography();
const withPython = python === undefined ? it.skip : it;

describe('canonical JSON of the verifier that shares no code with ours', () => {
  withPython('is that of the vectors, byte for byte, and refuses more only where a vector says so', () => {
    const theirs = canonicalizeIndependently(
      python as string,
      cases.map(({ input }) => input.text),
    );
    const expected = cases.map(({ name, expected: ours, refusedBy }) => {
      const reason = refusedBy?.[SCRIPT];
      if (reason !== undefined) return [name, { refused: reason }];
      return [name, ours.ok ? { bytes: ours.bytes } : { refused: expect.any(String) }];
    });
    expect(theirs.map((answer, index) => [cases[index]?.name, answer])).toEqual(expected);
  });

  it('refuses more than the protocol in fractions alone', () => {
    const refused = cases.filter(({ refusedBy }) => refusedBy?.[SCRIPT] !== undefined);
    expect(refused.every(({ expected }) => expected.ok)).toBe(true);
    expect(new Set(refused.map(({ refusedBy }) => refusedBy?.[SCRIPT]))).toEqual(
      new Set(['a fraction where only integers may stand']),
    );
    expect(refused.length).toBeGreaterThanOrEqual(6);
  });
});
