import type { StrictJsonError } from './strict-json-error.js';

const BYTE_ORDER_MARK = 0xfeff;
const BYTES_PER_CODE_UNIT_MAX = 3;
const encoder = new TextEncoder();

/** The text of a document, or the reason why it is refused as a whole. */
export type StrictJsonText = { ok: true; text: string } | { ok: false; error: StrictJsonError };

/**
 * Turns the bytes of a document into text: at most `maxBytes` bytes of UTF-8 without a byte order mark.
 * The size is looked at first, so that an oversized body costs nothing.
 */
export function strictJsonText(source: string | Uint8Array, maxBytes: number): StrictJsonText {
  if (!fits(source, maxBytes)) return refused('too-large', `The document exceeds ${maxBytes} bytes.`);
  const text = typeof source === 'string' ? source : decode(source);
  if (text === undefined) return refused('not-utf8', 'The document is not valid UTF-8.');
  if (text.charCodeAt(0) === BYTE_ORDER_MARK) {
    return refused('byte-order-mark', 'The document starts with a byte order mark; send it without.');
  }
  return { ok: true, text };
}

function fits(source: string | Uint8Array, maxBytes: number): boolean {
  if (source.length > maxBytes) return false;
  if (typeof source !== 'string' || source.length * BYTES_PER_CODE_UNIT_MAX <= maxBytes) return true;
  return encoder.encode(source).length <= maxBytes;
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function refused(reason: StrictJsonError['reason'], message: string): StrictJsonText {
  return { ok: false, error: { reason, pointer: '', message } };
}
