import { keccak_256 } from '@noble/hashes/sha3.js';
import { bytesToHex, hexToBytes } from '@touchstone/crypto';
import type { EvmAnchorProof } from './anchor-proof.js';
import {
  EVM_HEADER_BYTES_MAX,
  EVM_HEADER_FIELDS_MIN,
  evmHeaderFields,
  type EvmHeaderField,
} from './header.js';
import { encodeRlp } from './rlp.js';
import { integerToRlp } from './rlp-integer.js';

/** Why an answer of a chain node cannot be used. */
export interface EvmRpcFailure {
  readonly ok: false;
  readonly reason: string;
}

function fail(reason: string): EvmRpcFailure {
  return { ok: false, reason };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Reads `0x`-prefixed data of any case, as chain nodes write it. */
function readData(value: unknown): Uint8Array | undefined {
  if (typeof value !== 'string' || !value.startsWith('0x') || value.length > 2 + EVM_HEADER_BYTES_MAX * 2)
    return undefined;
  return hexToBytes(value.slice(2).toLowerCase());
}

function readField(value: unknown, { form, size }: EvmHeaderField): Uint8Array | undefined {
  if (form === 'quantity') {
    const isQuantity = typeof value === 'string' && /^0x[0-9a-fA-F]{1,64}$/.test(value);
    return isQuantity ? integerToRlp(BigInt(value)) : undefined;
  }
  const bytes = readData(value);
  return bytes && (size === null || bytes.length === size) ? bytes : undefined;
}

/** Collects the fields in their order; a fork appends fields, so one that is present after a missing one is an error. */
function collectFields(block: Record<string, unknown>): Uint8Array[] | EvmRpcFailure {
  const fields: Uint8Array[] = [];
  for (const [index, field] of evmHeaderFields.entries()) {
    const value = block[field.name] ?? undefined;
    if (value === undefined && index >= EVM_HEADER_FIELDS_MIN) continue;
    const bytes = fields.length === index ? readField(value, field) : undefined;
    if (bytes === undefined)
      return fail(`header field ${field.name} is missing, malformed or follows a missing one`);
    fields.push(bytes);
  }
  return fields;
}

/**
 * Rebuilds a header from the raw result of `eth_getBlockByNumber`, which leaves the encoding out.
 *
 * The fields that are present go in their fixed order; the outcome is used only if its keccak256 is the block's
 * own `hash`, so that a chain with fields unknown here is an error and never a wrong proof.
 *
 * @param block the JSON-RPC result, with `0x`-prefixed strings
 */
export function encodeHeaderFromRpc(
  block: unknown,
): { readonly ok: true; readonly headerRlp: Uint8Array; readonly hash: string } | EvmRpcFailure {
  if (!isRecord(block))
    return fail('the block is not an object; a node answers null for a block that it does not have');
  const fields = collectFields(block);
  if (!Array.isArray(fields)) return fields;
  const headerRlp = encodeRlp(fields);
  const hash = bytesToHex(keccak_256(headerRlp));
  const stated = readData(block['hash']);
  if (stated === undefined || bytesToHex(stated) !== hash) {
    return fail(
      `header hash: expected ${stated ? bytesToHex(stated) : 'a hash of 32 bytes'}, encoded fields give ${hash}`,
    );
  }
  return { ok: true, headerRlp, hash };
}

function nodesToHex(nodes: unknown): string[] | undefined {
  if (!Array.isArray(nodes)) return undefined;
  const texts: string[] = [];
  for (const node of nodes as unknown[]) {
    const bytes = readData(node);
    if (bytes === undefined) return undefined;
    texts.push(bytesToHex(bytes));
  }
  return texts;
}

/**
 * Turns the raw results of `eth_getBlockByNumber` and `eth_getProof` (one storage key, the same block) into the form
 * of the evidence bundle. It checks shapes and the header's hash only: verify the outcome before storing it.
 */
export function evmAnchorProofFromRpc(
  block: unknown,
  proof: unknown,
): { readonly ok: true; readonly hash: string; readonly proof: EvmAnchorProof } | EvmRpcFailure {
  const header = encodeHeaderFromRpc(block);
  if (!header.ok) return header;
  const slots = isRecord(proof) ? proof['storageProof'] : undefined;
  const slot: unknown = Array.isArray(slots) && slots.length === 1 ? slots[0] : undefined;
  const accountProof = isRecord(proof) ? nodesToHex(proof['accountProof']) : undefined;
  const storageProof = isRecord(slot) ? nodesToHex(slot['proof']) : undefined;
  if (accountProof === undefined || storageProof === undefined)
    return fail('eth_getProof: expected the account and one slot');
  return {
    ok: true,
    hash: header.hash,
    proof: { header: bytesToHex(header.headerRlp), accountProof, storageProof },
  };
}
