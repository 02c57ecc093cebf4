import { keccak_256 } from '@noble/hashes/sha3.js';
import { hexToBytes } from '@touchstone/crypto';
import { equalBytes } from '../equal-bytes.js';
import { decodeRlp } from './rlp.js';
import { parseTrieNode, toNibbles, type TrieNode } from './trie-node.js';

/** Longest key, in bytes: the tries of accounts and of storage are keyed by a hash. */
export const TRIE_KEY_BYTES_MAX = 32;

/** Most nodes in a proof: one for each nibble of the longest key, and the leaf below. */
export const TRIE_PROOF_NODES_MAX = TRIE_KEY_BYTES_MAX * 2 + 1;

/** Largest node, in bytes. A branch of sixteen hashes has 532; the rest is room for values. */
export const TRIE_NODE_BYTES_MAX = 1024;

/** Root of a trie without entries: keccak256 of the RLP of the empty string. */
export const EMPTY_TRIE_ROOT = hexToBytes(
  '56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421',
) as Uint8Array;

/**
 * Why a proof proves nothing:
 * - `limit`: key, number of nodes or size of a node beyond the limits of this file
 * - `missing-node`: the path goes on below the last node given
 * - `hash-mismatch`: a node is not the one its parent, or the root, names
 * - `malformed-node`: not a node as a correct trie has it
 * - `unused-node`: nodes are left over after the path has ended
 */
export type TrieProofFailure = 'limit' | 'missing-node' | 'hash-mismatch' | 'malformed-node' | 'unused-node';

/** The value under the key, `null` when the proof shows that there is none, or the reason with the node's index. */
export type TrieProofResult =
  | { readonly ok: true; readonly value: Uint8Array | null }
  | { readonly ok: false; readonly reason: TrieProofFailure; readonly node: number };

/** Where one step down the path leads: to the answer, or to a child by reference or in place. */
type Step =
  { readonly value: Uint8Array | null } | { readonly child: Uint8Array | TrieNode; readonly depth: number };

function continuesWith(key: Uint8Array, depth: number, path: Uint8Array): boolean {
  return equalBytes(key.subarray(depth, depth + path.length), path);
}

function step(node: TrieNode, key: Uint8Array, depth: number): Step {
  if (node.kind === 'leaf') return { value: equalBytes(key.subarray(depth), node.path) ? node.value : null };
  if (node.kind === 'extension') {
    if (!continuesWith(key, depth, node.path)) return { value: null };
    return { child: node.child, depth: depth + node.path.length };
  }
  const nibble = key[depth];
  if (nibble === undefined) return { value: node.value.length > 0 ? node.value : null };
  const child = node.children[nibble] ?? null;
  return child === null ? { value: null } : { child, depth: depth + 1 };
}

/** Reads the node that `hash` names, or says what is wrong with the bytes given for it. */
function openNode(
  bytes: Uint8Array | undefined,
  hash: Uint8Array,
  isRoot: boolean,
): TrieNode | TrieProofFailure {
  if (bytes === undefined) return 'missing-node';
  if (!equalBytes(keccak_256(bytes), hash)) return 'hash-mismatch';
  // Below the root a shorter node stands inside its parent and has no hash.
  if (!isRoot && bytes.length < 32) return 'malformed-node';
  const item = decodeRlp(bytes);
  return (item && parseTrieNode(item)) ?? 'malformed-node';
}

function walk(
  root: Uint8Array,
  key: Uint8Array,
  proof: readonly Uint8Array[],
): TrieProofResult & { used: number } {
  let reference: Uint8Array | TrieNode = root;
  let depth = 0;
  let used = 0;
  let branchExpected = false;
  for (;;) {
    let node: TrieNode;
    if (reference instanceof Uint8Array) {
      const opened = openNode(proof[used], reference, used === 0);
      if (typeof opened === 'string') return { ok: false, reason: opened, node: used, used };
      node = opened;
      used += 1;
    } else node = reference;
    if (branchExpected && node.kind !== 'branch')
      return { ok: false, reason: 'malformed-node', node: used - 1, used };
    const next = step(node, key, depth);
    if ('value' in next) return { ok: true, value: next.value, used };
    reference = next.child;
    depth = next.depth;
    branchExpected = node.kind === 'extension';
  }
}

/**
 * Checks a Merkle-Patricia proof, as `eth_getProof` gives it: the nodes from the root to the key, in order,
 * without those that stand inside their parent.
 *
 * Inclusion and exclusion are told apart: `value` is the entry, or `null` when the proof shows that the key has
 * none. A list that ends too early proves neither. Every node must be the one its parent names, and none may be
 * left over, so that a proof has one spelling and carries no foreign data.
 *
 * @param root 32 bytes, from a header or an account that the caller has checked
 * @param key the key as the trie has it; for accounts and storage the keccak256 of address or slot
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { readFileSync } from 'node:fs';
 * import { parseEvmHeader, verifyTrieProof } from '@touchstone/chain-proofs';
 * import { hexToBytes, keccak256 } from '@touchstone/crypto';
 *
 * const bytes = (hex: string): Uint8Array => hexToBytes(hex) as Uint8Array;
 * const { valid } = JSON.parse(readFileSync('libs/chain-proofs/vectors/evm-anchor.json', 'utf8'));
 * const header = parseEvmHeader(bytes(valid.proof.header));
 * assert(header);
 * const account = {
 *   root: header.stateRoot,
 *   key: keccak256(bytes(valid.contract)),
 *   proof: valid.proof.accountProof.map(bytes),
 * };
 * const proven = verifyTrieProof(account);
 * assert(proven.ok && proven.value !== null);
 * assert.deepEqual(verifyTrieProof({ ...account, proof: [] }), {
 *   ok: false,
 *   reason: 'missing-node',
 *   node: 0,
 * });
 * ```
 */
export function verifyTrieProof(input: {
  readonly root: Uint8Array;
  readonly key: Uint8Array;
  readonly proof: readonly Uint8Array[];
}): TrieProofResult {
  const { root, key, proof } = input;
  if (root.length !== 32 || key.length > TRIE_KEY_BYTES_MAX) return { ok: false, reason: 'limit', node: 0 };
  if (proof.length > TRIE_PROOF_NODES_MAX) return { ok: false, reason: 'limit', node: TRIE_PROOF_NODES_MAX };
  const tooLarge = proof.findIndex((node) => node.length > TRIE_NODE_BYTES_MAX);
  if (tooLarge !== -1) return { ok: false, reason: 'limit', node: tooLarge };
  // Nodes answer an empty trie with no node at all or with the empty string, by implementation.
  if (equalBytes(root, EMPTY_TRIE_ROOT)) {
    const isEmpty =
      proof.length === 0 || (proof.length === 1 && equalBytes(proof[0] as Uint8Array, EMPTY_NODE));
    return isEmpty ? { ok: true, value: null } : { ok: false, reason: 'unused-node', node: 0 };
  }
  const { used, ...result } = walk(root, toNibbles(key), proof);
  if (result.ok && used < proof.length) return { ok: false, reason: 'unused-node', node: used };
  return result;
}

const EMPTY_NODE = Uint8Array.of(0x80);
