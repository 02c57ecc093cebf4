/** Largest RLP input that is read, in bytes. A state proof's node has at most 532, a header about 700. */
export const RLP_BYTES_MAX = 16_384;

/** Deepest nesting of lists that is read. A trie node with embedded children needs three. */
export const RLP_DEPTH_MAX = 8;

/** A value of RLP: a byte string or a list of values. */
export type RlpItem = Uint8Array | readonly RlpItem[];

interface Extent {
  readonly isList: boolean;
  readonly start: number;
  readonly end: number;
}

/** Lengths of two bytes reach {@link RLP_BYTES_MAX}; more can only be an attempt to make us read far or overflow. */
const LENGTH_BYTES_MAX = 2;

/** Reads the length after a long-form prefix, or `undefined` when it is not the shortest spelling. */
function readLongLength(bytes: Uint8Array, offset: number, size: number): number | undefined {
  if (size > LENGTH_BYTES_MAX || offset + size > bytes.length) return undefined;
  let length = 0;
  for (let index = offset; index < offset + size; index += 1)
    length = length * 256 + (bytes[index] as number);
  // The short form covers lengths to 55, and a leading zero would be a second spelling of the same length.
  return length > 55 && bytes[offset] !== 0 ? length : undefined;
}

/** Finds the payload of the item at `offset`, which must end at or before `limit`. */
function readExtent(bytes: Uint8Array, offset: number, limit: number): Extent | undefined {
  const prefix = bytes[offset] as number;
  if (prefix < 0x80) return { isList: false, start: offset, end: offset + 1 };
  const isList = prefix >= 0xc0;
  const short = prefix - (isList ? 0xc0 : 0x80);
  const lengthSize = Math.max(0, short - 55);
  const length = lengthSize === 0 ? short : readLongLength(bytes, offset + 1, lengthSize);
  if (length === undefined) return undefined;
  const start = offset + 1 + lengthSize;
  const end = start + length;
  if (end > limit) return undefined;
  // A single byte below 0x80 stands for itself; with a prefix it would be a second spelling.
  if (!isList && length === 1 && (bytes[start] as number) < 0x80) return undefined;
  return { isList, start, end };
}

function readItem(bytes: Uint8Array, extent: Extent, depth: number): RlpItem | undefined {
  if (!extent.isList) return bytes.subarray(extent.start, extent.end);
  if (depth === RLP_DEPTH_MAX) return undefined;
  const items: RlpItem[] = [];
  let offset = extent.start;
  while (offset < extent.end) {
    const inner = readExtent(bytes, offset, extent.end);
    const item = inner && readItem(bytes, inner, depth + 1);
    if (inner === undefined || item === undefined) return undefined;
    items.push(item);
    offset = inner.end;
  }
  return items;
}

/**
 * Reads one RLP value that fills the input exactly.
 *
 * Only the canonical spelling is accepted: shortest lengths, single bytes below 0x80 as themselves, nothing after
 * the value. Byte strings are views of the input. Source: Ethereum yellow paper, appendix B.
 *
 * @returns the value, or `undefined` when the bytes are not exactly that or exceed {@link RLP_BYTES_MAX} or
 *   {@link RLP_DEPTH_MAX}
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { decodeRlp } from '@touchstone/chain-proofs';
 *
 * assert.deepEqual(decodeRlp(Uint8Array.of(0xc2, 0x01, 0x80)), [Uint8Array.of(1), new Uint8Array()]);
 * assert.equal(decodeRlp(Uint8Array.of(0x81, 0x01)), undefined); // a byte below 0x80 stands for itself
 * ```
 */
export function decodeRlp(bytes: Uint8Array): RlpItem | undefined {
  if (bytes.length === 0 || bytes.length > RLP_BYTES_MAX) return undefined;
  const extent = readExtent(bytes, 0, bytes.length);
  if (extent === undefined || extent.end !== bytes.length) return undefined;
  return readItem(bytes, extent, 0);
}

function prefixed(shortPrefix: number, payload: Uint8Array): Uint8Array {
  const size = payload.length;
  let prefix: number[];
  if (size <= 55) prefix = [shortPrefix + size];
  else if (size <= 0xff) prefix = [shortPrefix + 56, size];
  else prefix = [shortPrefix + 57, size >> 8, size & 0xff];
  const encoded = new Uint8Array(prefix.length + size);
  encoded.set(prefix);
  encoded.set(payload, prefix.length);
  return encoded;
}

/**
 * Writes a value as canonical RLP.
 *
 * @throws RangeError when a payload exceeds {@link RLP_BYTES_MAX}, since no reader of ours would take it
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { decodeRlp, encodeRlp } from '@touchstone/chain-proofs';
 *
 * const item = [Uint8Array.of(1), [new Uint8Array(60)]];
 * assert.deepEqual(decodeRlp(encodeRlp(item)), item);
 * ```
 */
export function encodeRlp(item: RlpItem): Uint8Array {
  if (item instanceof Uint8Array) {
    if (item.length > RLP_BYTES_MAX)
      throw new RangeError(`RLP string of ${item.length} bytes exceeds ${RLP_BYTES_MAX}`);
    return item.length === 1 && (item[0] as number) < 0x80 ? item.slice() : prefixed(0x80, item);
  }
  const parts = item.map(encodeRlp);
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  if (size > RLP_BYTES_MAX) throw new RangeError(`RLP list of ${size} bytes exceeds ${RLP_BYTES_MAX}`);
  const payload = new Uint8Array(size);
  let offset = 0;
  for (const part of parts) {
    payload.set(part, offset);
    offset += part.length;
  }
  return prefixed(0xc0, payload);
}
