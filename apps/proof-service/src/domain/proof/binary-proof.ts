import { hexToBytes } from '@touchstone/crypto';
import type { LeafProof } from './batch-proofs.js';

/** First bytes of a proof in binary form: `TSIP` and the version of the format. */
const MAGIC = Uint8Array.of(0x54, 0x53, 0x49, 0x50, 0x01);
const HASH_BYTES = 32;
const HEAD_BYTES = MAGIC.length + 8 + 8 + 2 * HASH_BYTES + 1;

/**
 * Writes the path of a leaf in binary form, 32 bytes a step: `"TSIP" || 01 || be64(leafIndex) || be64(treeSize) ||
 * leaf[32] || root[32] || count[1] || hash[32]…`, the hashes from leaf to root. Sides do not travel: they follow from
 * index and size (RFC 9162 section 2.1.3.2), and so does the count, which a reader compares.
 */
export function encodeBinaryProof({ leaf, leafIndex, treeSize, path, rootHex }: LeafProof): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES + path.length * HASH_BYTES);
  bytes.set(MAGIC);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(MAGIC.length, BigInt(leafIndex), false);
  view.setBigUint64(MAGIC.length + 8, BigInt(treeSize), false);
  const hashes = [leaf, rootHex, ...path.map(({ hash }) => hash)].map(
    (hex) => hexToBytes(hex, HASH_BYTES) ?? [],
  );
  let offset = MAGIC.length + 16;
  for (const [place, hash] of hashes.entries()) {
    // The count stands between the two fixed hashes and the path.
    if (place === 2) offset += 1;
    bytes.set(hash, offset);
    offset += HASH_BYTES;
  }
  bytes[HEAD_BYTES - 1] = path.length;
  return bytes;
}
