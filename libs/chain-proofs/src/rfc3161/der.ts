import { DER_BYTES_MAX } from '@touchstone/contracts';

/** Values around a value that is read. A certificate inside a token needs ten, a token that carries another one about twenty. */
export const DER_DEPTH_MAX = 32;

/** A value of DER. Its bytes are views of the input, so that what was signed is compared and hashed as it came. */
export interface DerValue {
  /** Identifier octet: class, constructed bit and number. */
  readonly tag: number;
  /** Identifier, length and content. */
  readonly whole: Uint8Array;
  readonly content: Uint8Array;
  /** Empty where the value is primitive. */
  readonly members: readonly DerValue[];
}

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Context-specific tag of a primitive value. */
export const context = (number: number): number => 0x80 | number;
/** Context-specific tag of a value with members. */
export const contextConstructed = (number: number): number => 0xa0 | number;

const CONSTRUCTED = 0x20;
const LONG_TAG = 0x1f;
/** Lengths of two bytes reach {@link DER_BYTES_MAX}; more can only be an attempt to make us read far. */
const LENGTH_BYTES_MAX = 2;
const NONE: readonly DerValue[] = [];

/**
 * Reads one value of DER (X.690, section 10) that fills the input exactly: definite lengths in their shortest form, and integers, bits,
 * booleans and object identifiers in their only one. A second spelling of a token would be a second token.
 *
 * @returns `undefined` when the bytes are not exactly that, or exceed {@link DER_BYTES_MAX} or {@link DER_DEPTH_MAX}
 */
export function readDer(bytes: Uint8Array): DerValue | undefined {
  if (bytes.length > DER_BYTES_MAX) return undefined;
  const value = readValue(bytes, 0, bytes.length, 0);
  return value?.whole.length === bytes.length ? value : undefined;
}

/** Reads the value at `start`, which ends at or before `limit`. */
function readValue(bytes: Uint8Array, start: number, limit: number, depth: number): DerValue | undefined {
  if (depth > DER_DEPTH_MAX || start + 2 > limit) return undefined;
  const tag = bytes[start] as number;
  const first = bytes[start + 1] as number;
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  const from = start + 2 + lengthBytes;
  const length = first < 0x80 ? first : longLength(bytes, start + 2, from, limit);
  if (length === undefined || from + length > limit || !isKnownForm(tag)) return undefined;
  const content = bytes.subarray(from, from + length);
  const members = tag & CONSTRUCTED ? readMembers(bytes, from, from + length, depth + 1) : NONE;
  if (members === undefined || !isCanonical(tag, content)) return undefined;
  return { tag, whole: bytes.subarray(start, from + length), content, members };
}

function readMembers(bytes: Uint8Array, start: number, end: number, depth: number): DerValue[] | undefined {
  const members: DerValue[] = [];
  let offset = start;
  while (offset < end) {
    const member = readValue(bytes, offset, end, depth);
    if (member === undefined) return undefined;
    members.push(member);
    offset += member.whole.length;
  }
  return members;
}

/** A length that the short form, or one byte less, could say is a second spelling; one of no bytes is indefinite. */
function longLength(bytes: Uint8Array, start: number, end: number, limit: number): number | undefined {
  if (end - start > LENGTH_BYTES_MAX || end > limit) return undefined;
  let length = 0;
  for (let offset = start; offset < end; offset += 1) length = length * 256 + (bytes[offset] as number);
  return length >= 0x80 && bytes[start] !== 0 ? length : undefined;
}

/** Universal types are constructed where they are sequences and sets and only there; long tags have no use here. */
function isKnownForm(tag: number): boolean {
  const number = tag & LONG_TAG;
  if (number === LONG_TAG || tag === 0) return false;
  return tag >= 0x40 || ((tag & CONSTRUCTED) !== 0) === (number === 0x10 || number === 0x11);
}

/** True where content is in the only form that DER has for a universal type. */
export function isCanonical(tag: number, content: Uint8Array): boolean {
  const [first = 0, second = 0] = content;
  switch (tag) {
    case tags.boolean:
      return content.length === 1 && (first === 0 || first === 0xff);
    case tags.integer:
    case tags.enumerated:
      // The first nine bits are not all alike.
      return (
        content.length === 1 ||
        (content.length > 1 && (first !== 0 || second >= 0x80) && (first !== 0xff || second < 0x80))
      );
    case tags.bitString:
      return isBitString(content, first);
    case tags.null:
      return content.length === 0;
    case tags.oid:
      return isOid(content);
    default:
      return true;
  }
}

function isBitString(content: Uint8Array, unused: number): boolean {
  if (content.length < 2) return content.length === 1 && unused === 0;
  return unused < 8 && ((content.at(-1) as number) & ((1 << unused) - 1)) === 0;
}

/** Arcs end, and none begins with a zero digit of base 128. */
function isOid(content: Uint8Array): boolean {
  let begins = true;
  for (const byte of content) {
    if (begins && byte === 0x80) return false;
    begins = byte < 0x80;
  }
  return content.length > 0 && begins;
}
