import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { bindOf } from './index.js';

const digest = 'ab'.repeat(32);
const requestDigest = 'cd'.repeat(32);

describe('the signal that binds a proof', () => {
  it('is the first 31 bytes of the hash of both digests', () => {
    const text = `touchstone.zk.bind.v1|${digest}|${requestDigest}`;
    const hex = createHash('sha256').update(text).digest('hex').slice(0, 62);
    expect(bindOf(digest, requestDigest)).toBe(BigInt(`0x${hex}`));
  });

  it('stands for no request with 64 zeros', () => {
    expect(bindOf(digest)).toBe(bindOf(digest, '0'.repeat(64)));
    expect(bindOf(digest)).not.toBe(bindOf(digest, requestDigest));
  });

  it.each(['', 'AB'.repeat(32), 'ab'.repeat(31), `${'ab'.repeat(32)}\n`, `${digest}|`])(
    'refuses the digest %j',
    (other) => {
      expect(() => bindOf(other)).toThrow(RangeError);
      expect(() => bindOf(digest, other)).toThrow(RangeError);
    },
  );
});
