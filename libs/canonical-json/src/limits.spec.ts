import { describe, expect, it } from '@jest/globals';
import { canonicalJson, JSON_NUMBER_MAX, parseStrictJson } from './index.js';

const read = (text: string) => parseStrictJson(text, { maxBytes: 1_024 });
const beyond = JSON_NUMBER_MAX + 1;

describe('JSON_NUMBER_MAX', () => {
  it.each([JSON_NUMBER_MAX, -JSON_NUMBER_MAX])('%d is read in every notation, and written', (value) => {
    for (const text of [`${value}`, `${value}.0`, `${value}e0`, `${value}0e-1`])
      expect(read(text)).toEqual({ ok: true, value });
    expect(canonicalJson(value)).toBe(String(value));
  });

  it.each([beyond, -beyond])('%d is refused in every notation, and not written', (value) => {
    for (const text of [`${value}`, `${value}.0`, `${value}e0`, `${value}0e-1`])
      expect(read(text)).toMatchObject({ ok: false, error: { reason: 'number-out-of-range' } });
    expect(() => canonicalJson(value)).toThrow(/beyond/);
  });
});
