import { keccak_256 } from '@noble/hashes/sha3.js';
import { bytesToHex } from '@touchstone/crypto';
import { EVM_HEADER_FIELDS_MIN, evmHeaderFields, parseEvmHeader, type EvmHeaderField } from './header.js';
import { encodeRlp } from './rlp.js';
import { integerToRlp } from './rlp-integer.js';
import { isRecord, readData, rpcFailure, type EvmRpcFailure } from './rpc-value.js';

/** Unknown members of a block that an error names; a node may send any number. */
export const EVM_UNKNOWN_FIELDS_NAMED_MAX = 8;
/** Characters of such a name that are told. */
export const EVM_UNKNOWN_FIELD_CHARACTERS_MAX = 40;

/** The header's bytes and their hash in lower-case hex. */
export interface EncodedHeader {
  readonly ok: true;
  readonly headerRlp: Uint8Array;
  readonly hash: string;
}

/** What a block's JSON holds beside its header: its own hash and size, and what the header only commits to. */
const besideHeader: ReadonlySet<string> = new Set([
  'hash',
  'size',
  'totalDifficulty',
  'transactions',
  'uncles',
  'withdrawals',
]);
const known: ReadonlySet<string> = new Set(evmHeaderFields.map(({ name }) => name));

function readField(value: unknown, { form, size }: EvmHeaderField): Uint8Array | undefined {
  if (form === 'quantity') {
    const isQuantity = typeof value === 'string' && /^0x[0-9a-f]{1,64}$/i.test(value);
    return isQuantity ? integerToRlp(BigInt(value.toLowerCase())) : undefined;
  }
  const bytes = readData(value);
  return bytes && (size === null || bytes.length === size) ? bytes : undefined;
}

/** Collects the fields in their order; a fork appends fields, so one that is present after a missing one is an error. */
function collectFields(block: Record<string, unknown>): Uint8Array[] | EvmRpcFailure {
  const fields: Uint8Array[] = [];
  for (const [index, field] of evmHeaderFields.entries()) {
    const value = block[field.name] ?? undefined;
    if (value === undefined) {
      if (index < EVM_HEADER_FIELDS_MIN) return rpcFailure(`header field ${field.name} is missing`);
      continue;
    }
    if (fields.length < index)
      return rpcFailure(
        `header field ${field.name} follows ${evmHeaderFields[fields.length]?.name}, which is missing`,
      );
    const bytes = readField(value, field);
    if (bytes === undefined) return rpcFailure(`header field ${field.name} is malformed`);
    fields.push(bytes);
  }
  return fields;
}

/** Names of members that are neither header fields nor what stands beside a header, for an error. */
function unknownFields(block: Record<string, unknown>): string {
  const names = Object.keys(block).filter((name) => !known.has(name) && !besideHeader.has(name));
  // The node's text ends in a log line: letters and digits alone, and not many.
  const told = names
    .slice(0, EVM_UNKNOWN_FIELDS_NAMED_MAX)
    .map((name) => name.replace(/[^A-Za-z0-9_]/g, '?').slice(0, EVM_UNKNOWN_FIELD_CHARACTERS_MAX));
  if (told.length === 0) return 'no member of the block is unknown here';
  const more = names.length > told.length ? ` and ${names.length - told.length} more` : '';
  return `the block has members that are unknown here: ${told.join(', ')}${more}`;
}

function encodeFields(block: Record<string, unknown>, stated: Uint8Array): EncodedHeader | EvmRpcFailure {
  const fields = collectFields(block);
  if (!Array.isArray(fields)) return fields;
  const headerRlp = encodeRlp(fields);
  const hash = bytesToHex(keccak_256(headerRlp));
  if (bytesToHex(stated) === hash) return { ok: true, headerRlp, hash };
  return rpcFailure(
    `header hash: expected ${bytesToHex(stated)}, encoded fields give ${hash}; ${unknownFields(block)}`,
  );
}

/** The bytes that the node says are the header, when they have the block's hash and are a header. */
function readRawHeader(rawHeader: unknown, stated: Uint8Array): EncodedHeader | undefined {
  const headerRlp = readData(rawHeader);
  if (headerRlp === undefined || parseEvmHeader(headerRlp) === undefined) return undefined;
  const hash = bytesToHex(keccak_256(headerRlp));
  return hash === bytesToHex(stated) ? { ok: true, headerRlp, hash } : undefined;
}

/**
 * Rebuilds a header from the raw result of `eth_getBlockByNumber`, which leaves the encoding out.
 *
 * The fields that are present go in their fixed order; the outcome is used only if its keccak256 is the block's
 * own `hash`, so that a chain with fields unknown here is an error, which names them, and never a wrong proof. The
 * bytes of `debug_getRawHeader` take their place where the node gives them and they have that hash.
 *
 * @param block the JSON-RPC result, with `0x`-prefixed strings
 * @param rawHeader the result of `debug_getRawHeader` for the same block, asked for after a failure that
 *   `needsRawHeader`
 */
export function encodeHeaderFromRpc(block: unknown, rawHeader?: unknown): EncodedHeader | EvmRpcFailure {
  if (!isRecord(block))
    return rpcFailure('the block is not an object; a node answers null for a block that it does not have');
  const stated = readData(block['hash']);
  if (stated?.length !== 32) return rpcFailure('header hash: expected a hash of 32 bytes in the block');
  const encoded = encodeFields(block, stated);
  if (encoded.ok) return encoded;
  if (rawHeader === undefined) return { ...encoded, needsRawHeader: true };
  return (
    readRawHeader(rawHeader, stated) ??
    rpcFailure(`${encoded.reason}; debug_getRawHeader gives no header of that hash`)
  );
}
