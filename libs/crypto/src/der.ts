import { COMPACT_SIGNATURE_BYTES } from './ecdsa-scalars.js';

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const SCALAR_BYTES = 32;
const HEADER_BYTES = 2;
/** SEQUENCE of two INTEGERs of at most 33 bytes each, which never needs a long length. */
const DER_SIGNATURE_BYTES_MAX = HEADER_BYTES + 2 * (HEADER_BYTES + SCALAR_BYTES + 1);

/** Digits of an INTEGER without its sign byte, and where the next element starts. */
interface DerInteger {
  readonly value: Uint8Array;
  readonly end: number;
}

/**
 * Writes a compact signature as DER `SEQUENCE { r INTEGER, s INTEGER }` (RFC 3279, section 2.2.3).
 *
 * @param compact r and s, 64 bytes
 * @throws RangeError for another length
 */
export function encodeDer(compact: Uint8Array): Uint8Array {
  if (compact.length !== COMPACT_SIGNATURE_BYTES) {
    throw new RangeError(
      `A compact signature has ${COMPACT_SIGNATURE_BYTES} bytes, this one has ${compact.length}.`,
    );
  }
  const body = [
    ...encodeInteger(compact.subarray(0, SCALAR_BYTES)),
    ...encodeInteger(compact.subarray(SCALAR_BYTES)),
  ];
  return Uint8Array.of(SEQUENCE, body.length, ...body);
}

/**
 * Reads a strict DER signature: one-byte lengths that fit exactly, integers that are not negative and have no
 * needless leading zero, at most 32 bytes of value, nothing behind. Every looser reading would give one signature
 * several spellings, and with them several identities.
 *
 * Only the encoding is judged: whether r and s are in range and s is low is for `ecdsaVerify` to say.
 *
 * @returns r and s, 64 bytes, or `undefined`
 */
export function decodeDer(der: Uint8Array): Uint8Array | undefined {
  if (der.length > DER_SIGNATURE_BYTES_MAX || der[0] !== SEQUENCE) return undefined;
  if (der[1] !== der.length - HEADER_BYTES) return undefined;
  const r = readInteger(der, HEADER_BYTES);
  if (!r) return undefined;
  const s = readInteger(der, r.end);
  if (!s || s.end !== der.length) return undefined;
  const compact = new Uint8Array(COMPACT_SIGNATURE_BYTES);
  compact.set(r.value, SCALAR_BYTES - r.value.length);
  compact.set(s.value, COMPACT_SIGNATURE_BYTES - s.value.length);
  return compact;
}

function encodeInteger(scalar: Uint8Array): number[] {
  const first = scalar.findIndex((byte) => byte !== 0);
  const digits = first < 0 ? [0] : [...scalar.subarray(first)];
  const content = isNegative(digits[0]) ? [0, ...digits] : digits;
  return [INTEGER, content.length, ...content];
}

function readInteger(der: Uint8Array, start: number): DerInteger | undefined {
  const length = der[start + 1];
  if (der[start] !== INTEGER || !length) return undefined;
  const end = start + HEADER_BYTES + length;
  if (end > der.length) return undefined;
  const content = der.subarray(start + HEADER_BYTES, end);
  if (isNegative(content[0])) return undefined;
  if (content[0] !== 0 || content.length === 1) return fitting(content, end);
  // A leading zero is there only to keep the number from reading as negative.
  return isNegative(content[1]) ? fitting(content.subarray(1), end) : undefined;
}

function fitting(value: Uint8Array, end: number): DerInteger | undefined {
  return value.length > SCALAR_BYTES ? undefined : { value, end };
}

function isNegative(first: number | undefined): boolean {
  return Number(first) >= 0x80;
}
