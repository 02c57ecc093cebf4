import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { base64ToBytes, hexToBytes } from '@touchstone/crypto';
import fc from 'fast-check';
import { TokenVerifier } from './verify-token.js';

describe('any byte of a token of openssl', () => {
  const vectors = JSON.parse(
    readFileSync(new URL('../../vectors/time-stamp-tokens.json', import.meta.url), 'utf8'),
  ) as { commitment: string; tokens: Record<string, Record<'root' | 'token', string>> };
  const bytesOf = (base64 = ''): Uint8Array => base64ToBytes(base64) as Uint8Array;
  const stamped = hexToBytes(vectors.commitment, 32) as Uint8Array;

  it.each(['ecdsa', 'rsa', 'pss', 'openssl-ts', 'ess-sha1'])(
    'changed in %s, gives no token of another meaning',
    (name) => {
      const vector = vectors.tokens[name];
      const original = bytesOf(vector?.token);
      const verifier = new TokenVerifier({
        roots: [bytesOf(vector?.root)],
        policies: ['1.3.6.1.4.1.32473.3161'],
      });
      const verify = (changed: Uint8Array) =>
        verifier.verify({ token: changed, certificates: [], revocation: [], commitment: stamped });
      const meaning = verify(original);
      expect(meaning.ok).toBe(true);
      const still: number[] = [];
      for (const [at, byte] of original.entries()) {
        for (const other of [byte ^ 0x01, byte ^ 0x80, 0xff - byte]) {
          const changed = Uint8Array.from(original);
          changed[at] = other;
          const result = verify(changed);
          if (!result.ok) continue;
          expect(result).toEqual(meaning);
          still.push(at);
        }
      }
      // What is signed nowhere: versions, the list of digests, and certificates that the path does without.
      expect(new Set(still).size).toBeLessThan(40);
      fc.assert(
        fc.property(
          fc.array(fc.tuple(fc.nat(original.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
          (changes) => {
            const changed = Uint8Array.from(original);
            for (const [at, byte] of changes) changed[at] = byte;
            const result = verify(changed);
            if (result.ok) expect(result).toEqual(meaning);
          },
        ),
        { numRuns: 300 },
      );
    },
  );
});
