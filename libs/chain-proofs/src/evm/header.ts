import { keccak_256 } from '@noble/hashes/sha3.js';
import { decodeRlp, type RlpItem } from './rlp.js';
import { rlpToBytes, rlpToInteger } from './rlp-integer.js';

/** Largest header that is read, in bytes. Ethereum and Base need about 650; some chains carry a validator list. */
export const EVM_HEADER_BYTES_MAX = 8192;

/** Most fields of a header: 23 are known, the rest is room for later forks. */
export const EVM_HEADER_FIELDS_MAX = 32;

/** A field's form: `quantity` is an integer of at most `size` bytes, `data` has `size` bytes or, if null, any number. */
export interface EvmHeaderField {
  readonly name: string;
  readonly form: 'quantity' | 'data';
  readonly size: number | null;
}

const quantity = (name: string, size: number): EvmHeaderField => ({ name, form: 'quantity', size });
const data = (name: string, size: number | null): EvmHeaderField => ({ name, form: 'data', size });

/** Fields that every header has, in order, by their JSON-RPC names. Source: yellow paper, section 4.3. */
const originalFields: readonly EvmHeaderField[] = [
  data('parentHash', 32),
  data('sha3Uncles', 32),
  data('miner', 20),
  data('stateRoot', 32),
  data('transactionsRoot', 32),
  data('receiptsRoot', 32),
  data('logsBloom', 256),
  quantity('difficulty', 32),
  quantity('number', 8),
  quantity('gasLimit', 8),
  quantity('gasUsed', 8),
  quantity('timestamp', 8),
  data('extraData', null),
  data('mixHash', 32),
  data('nonce', 8),
];

/** Fields that forks appended: EIP-1559, EIP-4895, EIP-4844 (two), EIP-4788, EIP-7685, EIP-7928, EIP-7843. */
const appendedFields: readonly EvmHeaderField[] = [
  quantity('baseFeePerGas', 32),
  data('withdrawalsRoot', 32),
  quantity('blobGasUsed', 8),
  quantity('excessBlobGas', 8),
  data('parentBeaconBlockRoot', 32),
  data('requestsHash', 32),
  data('blockAccessListHash', 32),
  quantity('slotNumber', 8),
];

/** All known header fields in their order; the first {@link EVM_HEADER_FIELDS_MIN} are in every header. */
export const evmHeaderFields: readonly EvmHeaderField[] = [...originalFields, ...appendedFields];

/** Fewest fields of a header. */
export const EVM_HEADER_FIELDS_MIN = originalFields.length;

/** What a proof needs of a block header; hashes are 32 bytes, the time is in Unix seconds. */
export interface EvmHeader {
  readonly hash: Uint8Array;
  readonly parentHash: Uint8Array;
  readonly stateRoot: Uint8Array;
  readonly number: bigint;
  readonly timestamp: bigint;
}

function hasForm(item: RlpItem | undefined, field: EvmHeaderField): boolean {
  if (field.form === 'quantity') return rlpToInteger(item, field.size as number) !== undefined;
  return field.size === null ? item instanceof Uint8Array : rlpToBytes(item, field.size) !== undefined;
}

/**
 * Reads a block header from its RLP; its hash is the keccak256 of exactly these bytes.
 *
 * The fifteen original fields must have their forms. Later ones differ between chains and forks and no proof
 * uses them: they need only be byte strings, since the hash already covers them.
 *
 * @returns the header, or `undefined` when the bytes are not one
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { readFileSync } from 'node:fs';
 * import { parseEvmHeader } from '@touchstone/chain-proofs';
 * import { bytesToHex, hexToBytes, keccak256 } from '@touchstone/crypto';
 *
 * const { valid } = JSON.parse(readFileSync('libs/chain-proofs/vectors/evm-anchor.json', 'utf8'));
 * const bytes = hexToBytes(valid.proof.header);
 * assert(bytes);
 * const header = parseEvmHeader(bytes);
 * assert(header && header.number > 0n);
 * assert.equal(bytesToHex(header.hash), bytesToHex(keccak256(bytes)));
 * assert.equal(parseEvmHeader(bytes.subarray(1)), undefined);
 * ```
 */
export function parseEvmHeader(headerRlp: Uint8Array): EvmHeader | undefined {
  if (headerRlp.length > EVM_HEADER_BYTES_MAX) return undefined;
  const items = decodeRlp(headerRlp);
  if (items === undefined || items instanceof Uint8Array) return undefined;
  if (items.length < EVM_HEADER_FIELDS_MIN || items.length > EVM_HEADER_FIELDS_MAX) return undefined;
  if (!originalFields.every((field, index) => hasForm(items[index], field))) return undefined;
  if (!items.every((item) => item instanceof Uint8Array)) return undefined;
  return {
    hash: keccak_256(headerRlp),
    parentHash: items[0] as Uint8Array,
    stateRoot: items[3] as Uint8Array,
    number: rlpToInteger(items[8], 8) as bigint,
    timestamp: rlpToInteger(items[11], 8) as bigint,
  };
}
