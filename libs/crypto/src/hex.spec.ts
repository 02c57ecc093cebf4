import { describe, expect, it } from '@jest/globals';
import { bytesToHex, hexToBytes, sha256 } from './index.js';

describe('hex', () => {
  it('round-trips lower-case hex', () => {
    expect(bytesToHex(hexToBytes('00ff10') ?? new Uint8Array())).toBe('00ff10');
  });

  it.each(['abc', 'AB', '0xab', 'zz', ' ab', 'ab\n', 'é0', '0é', '\uff110'])('refuses %j', (text) => {
    expect(hexToBytes(text)).toBeUndefined();
  });

  it('refuses another length than the one asked for', () => {
    expect(hexToBytes('abcd', 1)).toBeUndefined();
  });
});

describe('sha256', () => {
  it('hashes the empty string as FIPS 180-4 says', () => {
    expect(bytesToHex(sha256(new Uint8Array()))).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
  });
});
