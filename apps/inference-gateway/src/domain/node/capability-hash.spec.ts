import { describe, expect, it } from '@jest/globals';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import { capabilityHash } from './capability-hash.js';

const hashOfText = (text: string) => bytesToHex(sha256(new TextEncoder().encode(text)));

describe('capabilityHash (R-NODE-2)', () => {
  it('sorts and drops duplicates', () => {
    expect(capabilityHash(['b', 'a', 'b', 'ab'])).toBe(hashOfText('["a","ab","b"]'));
    expect(capabilityHash([])).toBe(hashOfText('[]'));
  });

  it('sorts by UTF-8 bytes, not by UTF-16 code units', () => {
    // U+FF5E stands after U+1F600 in UTF-16 and before it in UTF-8.
    expect(capabilityHash(['\u{1f600}', '\uff5e'])).toBe(hashOfText('["\uff5e","\u{1f600}"]'));
  });

  it('differs when a capability does', () => {
    expect(capabilityHash(['a'])).not.toBe(capabilityHash(['A']));
  });
});
