import { bytesToHex } from './hex.js';

type Digest = (data: Uint8Array) => Uint8Array;

const TRAILER = 0xbc;

/**
 * EMSA-PSS-VERIFY (RFC 8017, section 9.1.2), with masks by the same digest.
 *
 * @param message the decrypted signature, of the length of the modulus
 * @param bits one less than those of the modulus
 */
export function isPssEncoding(
  message: Uint8Array,
  digest: Uint8Array,
  saltBytes: number,
  bits: number,
  hash: Digest,
): boolean {
  const size = Math.ceil(bits / 8);
  const encoded = message.subarray(message.length - size);
  const unusedBits = 8 * size - bits;
  const split = size - digest.length - 1;
  const zeros = split - saltBytes - 1;
  if (zeros < 0 || encoded.at(-1) !== TRAILER || message.subarray(0, message.length - size).some(Boolean))
    return false;
  const seed = encoded.subarray(split, -1);
  const mask = mgf1(seed, split, hash);
  const block = encoded.subarray(0, split).map((byte, index) => byte ^ (mask[index] as number));
  const first = 0xff >> unusedBits;
  if ((encoded[0] as number) > first) return false;
  block[0] = (block[0] as number) & first;
  if (block[zeros] !== 1 || block.subarray(0, zeros).some(Boolean)) return false;
  const salted = Uint8Array.of(...new Uint8Array(8), ...digest, ...block.subarray(zeros + 1));
  return bytesToHex(hash(salted)) === bytesToHex(seed);
}

/** MGF1 (RFC 8017, appendix B.2.1). */
function mgf1(seed: Uint8Array, size: number, hash: Digest): Uint8Array {
  const mask = new Uint8Array(size);
  let written = 0;
  for (let counter = 0; written < size; counter += 1) {
    const part = hash(Uint8Array.of(...seed, 0, 0, 0, counter)).subarray(0, size - written);
    mask.set(part, written);
    written += part.length;
  }
  return mask;
}
