import { sha256, sha256Text } from '@touchstone/crypto';
import { MerkleError } from './merkle-error.js';

/** Bytes of a SHA-256 digest. */
export const HASH_BYTES = 32;

const LEAF_PREFIX = 0x00;
const NODE_PREFIX = 0x01;

/** Reused for every inner node: a batch of 100,000 leaves would otherwise allocate as many buffers. */
const nodeInput = new Uint8Array(1 + 2 * HASH_BYTES);
nodeInput[0] = NODE_PREFIX;

/**
 * Reused while leaves have the same short length, as those of one batch have: allocating an input per leaf costs more
 * than hashing it.
 */
let leafInput = new Uint8Array(1);
const LEAF_INPUT_KEPT_MAX = 4096;

/** Root of the tree without leaves, SHA-256 of nothing (RFC 9162 section 2.1.1). */
export function emptyRoot(): Uint8Array {
  return sha256(new Uint8Array());
}

/** `sha256(0x00 || data)`, the hash of a leaf (RFC 9162 section 2.1.1). */
export function leafHash(data: Uint8Array): Uint8Array {
  const length = 1 + data.length;
  const input = leafInput.length === length ? leafInput : new Uint8Array(length);
  if (length <= LEAF_INPUT_KEPT_MAX) leafInput = input;
  input[0] = LEAF_PREFIX;
  input.set(data, 1);
  return sha256(input);
}

/** {@link leafHash} of a text in UTF-8, without encoding it first. */
export function leafHashOfText(text: string): Uint8Array {
  return sha256Text(`\0${text}`);
}

/**
 * `sha256(0x01 || left || right)`, the hash of an inner node (RFC 9162 section 2.1.1). The prefix keeps a leaf
 * from being passed off as an inner node.
 *
 * @throws MerkleError `hash-length` when a side is not 32 bytes
 */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  checkHash(left);
  checkHash(right);
  nodeInput.set(left, 1);
  nodeInput.set(right, 1 + HASH_BYTES);
  return sha256(nodeInput);
}

/** True for exactly 32 bytes, whatever the caller's types promise. */
export function isHash(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value.length === HASH_BYTES;
}

/** @throws MerkleError `hash-length` */
export function checkHash(hash: Uint8Array): void {
  if (hash.length !== HASH_BYTES) {
    throw new MerkleError('hash-length', `A hash has ${HASH_BYTES} bytes, not ${hash.length}.`);
  }
}

/** Compares two hashes; nothing in a proof is secret, so that the time may differ. */
export function equalHashes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index += 1) {
    if (left[index] !== right[index]) return false;
  }
  return true;
}
