import { BatchError } from './batch-error.js';

const CONTINUATION = 0x80;
const CONTINUATION_MASK = 0xc0;
const LEAD = 0xc0;

/**
 * Decodes pieces of a file, which may end within a character. Each piece is decoded on its own rather than as a stream:
 * of ASCII alone the platform then makes a text of one byte per character, which everything after it reads faster.
 */
export class Utf8Pieces {
  private readonly decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  private rest = new Uint8Array();

  /** @throws BatchError `not-utf8` */
  decode(piece: Uint8Array): string {
    const bytes = this.rest.length === 0 ? piece : joined(this.rest, piece);
    const whole = wholeCharacters(bytes);
    this.rest = bytes.slice(whole);
    return this.text(bytes.subarray(0, whole));
  }

  /** @throws BatchError `not-utf8` when the file ends within a character */
  end(): void {
    this.text(this.rest);
  }

  private text(bytes: Uint8Array): string {
    try {
      return this.decoder.decode(bytes);
    } catch {
      throw new BatchError('not-utf8');
    }
  }
}

function joined(left: Uint8Array, right: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(left.length + right.length);
  bytes.set(left);
  bytes.set(right, left.length);
  return bytes;
}

/** Where the last character begins if more bytes may belong to it, else the end. */
function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back += 1) {
    const byte = bytes[bytes.length - back] as number;
    if ((byte & CONTINUATION_MASK) === CONTINUATION) continue;
    return byte >= LEAD && back < characterBytes(byte) ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

function characterBytes(lead: number): number {
  return lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
}
