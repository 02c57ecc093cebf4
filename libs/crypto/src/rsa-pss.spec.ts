import { constants, generateKeyPairSync, publicDecrypt, sign } from 'node:crypto';
import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, it } from '@jest/globals';
import { isPssEncoding } from './rsa-pss.js';

const message = new TextEncoder().encode('what is signed');
const digest = sha256(message);
const saltBytes = 32;

/** A decrypted signature of OpenSSL, which a test may change where no signature could be found for it. */
function opensslEncoding(modulusLength: number): Uint8Array {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength });
  const signature = sign('sha256', message, {
    key: privateKey,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: saltBytes,
  });
  return new Uint8Array(publicDecrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, signature));
}

/** EMSA-PSS-ENCODE (RFC 8017, section 9.1.1) for a modulus of 2,049 bits, which OpenSSL does not make. */
function wholeBytesEncoding(): Uint8Array {
  const salt = new Uint8Array(saltBytes).fill(7);
  const seed = sha256(Uint8Array.of(...new Uint8Array(8), ...digest, ...salt));
  const block = Uint8Array.of(...new Uint8Array(256 - 32 - 32 - 2), 1, ...salt);
  const mask = [0, 1, 2, 3, 4, 5, 6].flatMap((counter) => [
    ...sha256(Uint8Array.of(...seed, 0, 0, 0, counter)),
  ]);
  return Uint8Array.of(0, ...block.map((byte, index) => byte ^ (mask[index] as number)), ...seed, 0xbc);
}

describe('the encoding of RSASSA-PSS', () => {
  const holds = (encoded: Uint8Array, bits: number, salt = saltBytes): boolean =>
    isPssEncoding(encoded, digest, salt, bits, sha256);

  it.each<[number, () => Uint8Array]>([
    [2_048, () => opensslEncoding(2_048)],
    [2_050, () => opensslEncoding(2_050)],
    [2_049, wholeBytesEncoding],
  ])('of %i bits holds, and with any byte changed it does not', (bits, make) => {
    const encoded = make();
    expect(holds(encoded, bits - 1)).toBe(true);
    for (const [at, byte] of encoded.entries()) {
      for (const bit of [0x80, 0x01]) {
        const changed = Uint8Array.from(encoded);
        changed[at] = byte ^ bit;
        expect([at, holds(changed, bits - 1)]).toEqual([at, false]);
      }
    }
    expect(holds(encoded, bits - 1, saltBytes - 1)).toBe(false);
  });

  it('has room for its salt', () => {
    const encoded = opensslEncoding(2_048);
    expect([256 - 32 - 2, 256 - 32 - 1].map((salt) => holds(encoded, 2_047, salt))).toEqual([false, false]);
  });
});
