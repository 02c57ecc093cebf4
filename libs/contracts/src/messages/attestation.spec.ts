import { describe, expect, it } from '@jest/globals';
import { attestation } from './attestation.js';

const takes = (code: number): boolean =>
  attestation.safeParse({
    schema: 'attestation_v1',
    build_id: `a${String.fromCodePoint(code)}b`,
    capability_hash: 'ab'.repeat(32),
    runtime: {},
  }).success;
const codes = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('a text that a node says about itself', () => {
  it('has no control character', () => {
    const refused = codes(0x00, 0xff).filter((code) => !takes(code));
    expect(refused).toEqual([...codes(0x00, 0x1f), ...codes(0x7f, 0x9f)]);
  });

  it('may have any other character', () => {
    expect([0x20, 0x7e, 0xa0, 0x2028, 0xffff, 0x1f600, 0x10ffff].filter((code) => !takes(code))).toEqual([]);
  });
});
