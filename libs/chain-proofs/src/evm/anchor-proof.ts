import { hexToBytes } from '@touchstone/crypto';
import type { EvmAnchorFailure, EvmAnchorInput } from './anchor.js';
import { EVM_HEADER_BYTES_MAX } from './header.js';
import { TRIE_NODE_BYTES_MAX, TRIE_PROOF_NODES_MAX } from './trie-proof.js';

/** A proof as it stands in an evidence bundle; every string is lower-case hex without a prefix. */
export interface EvmAnchorProof {
  /** RLP of the block header. */
  readonly header: string;
  /** Nodes from the state root to the contract's account. */
  readonly accountProof: readonly string[];
  /** Nodes from the contract's storage root to the record. */
  readonly storageProof: readonly string[];
}

/** The members of {@link EvmAnchorInput} that come from the bundle. */
export type EvmAnchorProofBytes = Pick<EvmAnchorInput, 'headerRlp' | 'accountProof' | 'storageProof'>;

const MEMBERS = ['accountProof', 'header', 'storageProof'];

function fail(expected: string, actual: string): EvmAnchorFailure {
  return { ok: false, check: 'input', expected, actual };
}

/** Reads hex of 1 to `bytesMax` bytes; the length is looked at first, so that a huge text costs nothing. */
function readHex(value: unknown, bytesMax: number): Uint8Array | undefined {
  if (typeof value !== 'string' || value.length === 0 || value.length > bytesMax * 2) return undefined;
  return hexToBytes(value);
}

function readNodes(value: unknown): Uint8Array[] | undefined {
  if (!Array.isArray(value) || value.length > TRIE_PROOF_NODES_MAX) return undefined;
  const nodes: Uint8Array[] = [];
  for (const entry of value as unknown[]) {
    const node = readHex(entry, TRIE_NODE_BYTES_MAX);
    if (node === undefined) return undefined;
    nodes.push(node);
  }
  return nodes;
}

/**
 * Reads a proof from parsed JSON. The schema is closed: an unknown member fails, because nothing would cover it.
 *
 * @returns the bytes for `verifyEvmAnchor`, or a failure of check `input` that names the member
 */
export function parseEvmAnchorProof(
  value: unknown,
): { readonly ok: true; readonly proof: EvmAnchorProofBytes } | EvmAnchorFailure {
  if (typeof value !== 'object' || value === null)
    return fail('object', value === null ? 'null' : typeof value);
  const members = Object.keys(value).sort();
  if (members.join() !== MEMBERS.join()) return fail(`members ${MEMBERS.join()}`, members.slice(0, 8).join());
  const { header, accountProof, storageProof } = value as Record<string, unknown>;
  const headerRlp = readHex(header, EVM_HEADER_BYTES_MAX);
  if (headerRlp === undefined)
    return fail(`header: hex of 1 to ${EVM_HEADER_BYTES_MAX} bytes`, 'something else');
  const account = readNodes(accountProof);
  const storage = readNodes(storageProof);
  if (account === undefined || storage === undefined) {
    const name = account === undefined ? 'accountProof' : 'storageProof';
    const expected = `${name}: at most ${TRIE_PROOF_NODES_MAX} hex nodes of 1 to ${TRIE_NODE_BYTES_MAX} bytes`;
    return fail(expected, 'something else');
  }
  return { ok: true, proof: { headerRlp, accountProof: account, storageProof: storage } };
}
