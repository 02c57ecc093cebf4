import { createLink, createNode, encode } from '@ipld/dag-pb';
import { sha256 } from '@touchstone/crypto';
import { UnixFS } from 'ipfs-unixfs';
import { CID } from 'multiformats/cid';
import { create } from 'multiformats/hashes/digest';

/** Bytes of a block of a file, as kubo cuts them when nothing else is said. */
export const CHUNK_BYTES = 262_144;
/** Most bytes of an object: 174 chunks, as many as one node of kubo names; a larger file would have nodes between. Ten times a whole bundle. */
export const OBJECT_BYTES_MAX = 45_613_056;

/** Codes of the multicodec table. */
const RAW = 0x55;
const DAG_PB = 0x70;
const SHA2_256 = 0x12;

/**
 * The content identifier of a file as `ipfs add --cid-version=1 --raw-leaves` gives it: CIDv1 with SHA-256 in base32. A file of one
 * chunk is a raw block; a larger one is a UnixFS node that names its chunks.
 *
 * @throws RangeError above {@link OBJECT_BYTES_MAX}
 * @example
 * import assert from 'node:assert/strict';
 * import { unixFsCid } from '@touchstone/content-address';
 *
 * const bytes = new TextEncoder().encode('hello');
 * assert.equal(unixFsCid(bytes), 'bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq');
 */
export function unixFsCid(bytes: Uint8Array): string {
  if (bytes.length > OBJECT_BYTES_MAX)
    throw new RangeError(`An object has at most ${OBJECT_BYTES_MAX} bytes, this one ${bytes.length}.`);
  if (bytes.length <= CHUNK_BYTES) return cidOf(RAW, bytes).toString();
  const file = new UnixFS({ type: 'file' });
  const links = [];
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
    const chunk = bytes.subarray(start, start + CHUNK_BYTES);
    file.addBlockSize(BigInt(chunk.length));
    links.push(createLink('', chunk.length, cidOf(RAW, chunk)));
  }
  return cidOf(DAG_PB, encode(createNode(file.marshal(), links))).toString();
}

function cidOf(codec: number, block: Uint8Array): CID {
  return CID.createV1(codec, create(SHA2_256, sha256(block)));
}
