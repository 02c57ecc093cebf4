import { evmStateProof, type EvmStateProof } from '@touchstone/contracts';
import { hexToBytes } from '@touchstone/crypto';
import type { EvmAnchorFailure, EvmAnchorInput } from './anchor.js';
import { EVM_HEADER_BYTES_MAX } from './header.js';
import { TRIE_NODE_BYTES_MAX } from './trie-proof.js';

/** A proof as it stands in an evidence bundle. */
export type EvmAnchorProof = {
  readonly [Member in keyof EvmStateProof]: EvmStateProof[Member] extends string ? string : readonly string[];
};

/** The members of {@link EvmAnchorInput} that come from the bundle. */
export type EvmAnchorProofBytes = Pick<EvmAnchorInput, 'headerRlp' | 'accountProof' | 'storageProof'>;

function fail(expected: string): EvmAnchorFailure {
  return { ok: false, check: 'input', expected, actual: 'something else' };
}

/** The bytes of 1 to `bytesMax`; the length is looked at first, so that a huge text costs nothing. */
function readHex(hex: string, bytesMax: number): Uint8Array | undefined {
  return hex.length === 0 || hex.length > bytesMax * 2 ? undefined : hexToBytes(hex);
}

function readNodes(hexes: readonly string[]): Uint8Array[] | undefined {
  const nodes: Uint8Array[] = [];
  for (const hex of hexes) {
    const node = readHex(hex, TRIE_NODE_BYTES_MAX);
    if (node === undefined) return undefined;
    nodes.push(node);
  }
  return nodes;
}

/**
 * Reads a proof from parsed JSON: the schema of proofs, and sizes that this verifier reads. Lists without nodes are read, so that
 * the verifier can say what is not there.
 *
 * @returns the bytes for `verifyEvmAnchor`, or a failure of check `input` that names the member
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { readFileSync } from 'node:fs';
 * import { parseEvmAnchorProof } from '@touchstone/chain-proofs';
 *
 * const { valid } = JSON.parse(readFileSync('libs/chain-proofs/vectors/evm-anchor.json', 'utf8'));
 * assert.equal(parseEvmAnchorProof(valid.proof).ok, true);
 *
 * const odd = parseEvmAnchorProof({ ...valid.proof, header: 'f' });
 * assert(!odd.ok && odd.check === 'input');
 * ```
 */
export function parseEvmAnchorProof(
  value: unknown,
): { readonly ok: true; readonly proof: EvmAnchorProofBytes } | EvmAnchorFailure {
  const parsed = evmStateProof.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return fail(`${issue?.path.join('/') || 'a proof'}: ${issue?.message}`);
  }
  const { header, accountProof, storageProof } = parsed.data;
  const headerRlp = readHex(header, EVM_HEADER_BYTES_MAX);
  if (headerRlp === undefined) return fail(`header: hex of 1 to ${EVM_HEADER_BYTES_MAX} bytes`);
  const account = readNodes(accountProof);
  const storage = readNodes(storageProof);
  if (account === undefined || storage === undefined) {
    const name = account === undefined ? 'accountProof' : 'storageProof';
    return fail(`${name}: hex nodes of 1 to ${TRIE_NODE_BYTES_MAX} bytes`);
  }
  return { ok: true, proof: { headerRlp, accountProof: account, storageProof: storage } };
}
