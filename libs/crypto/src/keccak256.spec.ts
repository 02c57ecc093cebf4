import { describe, expect, it } from '@jest/globals';
import { bytesToHex, keccak256 } from './index.js';

describe('keccak256', () => {
  it('hashes the empty string with the original padding', () => {
    expect(bytesToHex(keccak256(new Uint8Array()))).toBe(
      'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470',
    );
  });
});
