import { bytesToHex } from '@touchstone/crypto';
import type { EvmAnchorProof } from './anchor-proof.js';
import { encodeHeaderFromRpc } from './rpc-header.js';
import { isRecord, readData, rpcFailure, type EvmRpcFailure } from './rpc-value.js';

/**
 * Nodes as the bundle writes them. Some clients put empty nodes (`0x`) among those of the path (nethermind#7759):
 * they are left out here, where answers are collected. A verifier does not leave them out, because a proof has one
 * spelling.
 */
function nodesToHex(nodes: unknown): string[] | undefined {
  if (!Array.isArray(nodes)) return undefined;
  const texts: string[] = [];
  for (const node of nodes as unknown[]) {
    const bytes = readData(node);
    if (bytes === undefined) return undefined;
    if (bytes.length > 0) texts.push(bytesToHex(bytes));
  }
  return texts;
}

/**
 * Turns the raw results of `eth_getBlockByNumber` and `eth_getProof` (one storage key, the same block) into the form
 * of the evidence bundle. It checks shapes and the header's hash only: verify the outcome before storing it. Key and
 * value of the slot are not read, which clients pad or shorten: the nodes hold both.
 *
 * @param rawHeader as for {@link encodeHeaderFromRpc}
 */
export function evmAnchorProofFromRpc(
  block: unknown,
  proof: unknown,
  rawHeader?: unknown,
): { readonly ok: true; readonly hash: string; readonly proof: EvmAnchorProof } | EvmRpcFailure {
  const header = encodeHeaderFromRpc(block, rawHeader);
  if (!header.ok) return header;
  // EIP-1186 wants a proof of absence; some clients answer null instead (ethrex#2924).
  if (proof === null) return rpcFailure('eth_getProof: the node has no such account');
  const slots = isRecord(proof) ? proof['storageProof'] : undefined;
  const slot: unknown = Array.isArray(slots) && slots.length === 1 ? slots[0] : undefined;
  const accountProof = isRecord(proof) ? nodesToHex(proof['accountProof']) : undefined;
  const storageProof = isRecord(slot) ? nodesToHex(slot['proof']) : undefined;
  if (accountProof === undefined || storageProof === undefined)
    return rpcFailure('eth_getProof: expected the account and one slot');
  return {
    ok: true,
    hash: header.hash,
    proof: { header: bytesToHex(header.headerRlp), accountProof, storageProof },
  };
}
