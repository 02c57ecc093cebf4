/** Largest JSON part of an answer of a sandbox, in bytes. */
export const SANDBOX_HEADER_BYTES_MAX = 1_048_576;
/** Most bytes of tensors in one answer of a sandbox: the largest tensor (2^24 elements) of the usual type FP32. */
export const SANDBOX_TENSOR_BYTES_MAX = 67_108_864;

/** Two lengths, unsigned and little-endian, stand before the JSON and the bytes of the tensors. */
const PREFIX_BYTES = 8;

/** One message: JSON, and the bytes of the tensors that it names, one after the other. */
export interface Frame {
  readonly header: unknown;
  readonly bytes: Uint8Array;
}

/** The parts of a message in the order in which they are written. */
export function frameParts(header: unknown, tensors: readonly Uint8Array[]): Uint8Array[] {
  const json = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32LE(json.length, 0);
  prefix.writeUInt32LE(
    tensors.reduce((sum, { byteLength }) => sum + byteLength, 0),
    4,
  );
  return [prefix, json, ...tensors];
}

/**
 * Reads one message from a process that may belong to its model: the lengths are compared with the limits before
 * anything else is kept, and nothing but JSON is parsed.
 */
export class FrameReader {
  private chunks: Uint8Array[] = [];
  private received = 0;
  private lengths: { readonly header: number; readonly bytes: number } | undefined;

  /**
   * Takes what came.
   *
   * @returns the message once it is whole
   * @throws Error when it is larger than it may be, longer than it said, or no JSON
   */
  push(chunk: Uint8Array): Frame | undefined {
    this.chunks.push(chunk);
    this.received += chunk.length;
    this.lengths ??= this.readLengths();
    if (!this.lengths) return undefined;
    const { header, bytes } = this.lengths;
    const total = PREFIX_BYTES + header + bytes;
    if (this.received < total) return undefined;
    if (this.received > total) throw new Error('it sent more than one answer');
    const [only] = this.chunks;
    const all = this.chunks.length === 1 && only ? only : Buffer.concat(this.chunks, total);
    return {
      header: parse(all.subarray(PREFIX_BYTES, PREFIX_BYTES + header)),
      bytes: all.subarray(PREFIX_BYTES + header),
    };
  }

  private readLengths() {
    if (this.received < PREFIX_BYTES) return undefined;
    if (this.chunks.length > 1) this.chunks = [Buffer.concat(this.chunks, this.received)];
    const first = this.chunks[0] as Uint8Array;
    const view = new DataView(first.buffer, first.byteOffset, first.byteLength);
    const [header, bytes] = [view.getUint32(0, true), view.getUint32(4, true)];
    if (header > SANDBOX_HEADER_BYTES_MAX || bytes > SANDBOX_TENSOR_BYTES_MAX)
      throw new Error(`it announced an answer of ${header} and ${bytes} bytes`);
    return { header, bytes };
  }
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new Error('its answer is no JSON');
  }
}
