import { AppError } from '@touchstone/contracts';
import { LENGTH_DELIMITED, malformed, readVarint } from '@touchstone/onnx';
import { open, type FileHandle } from 'node:fs/promises';
import { KeptBytes } from './kept-bytes.js';

/** Most bytes of a model without the contents of its tensors and lists of numbers. */
export const ONNX_STRUCTURE_BYTES_MAX = 33_554_432;

/** Fields of a model that are looked at, of all messages together; lists of numbers may have one for each number. */
export const ONNX_FIELDS_MAX = 16_777_216;

/** How deep graphs may lie in the attributes of nodes of other graphs. */
export const ONNX_GRAPH_DEPTH_MAX = 8;

/** Bytes of the file that are read at once; others are served between two reads. */
const WINDOW_BYTES = 65_536;
/** Most bytes of the tag of a field and of its length. */
const FIELD_HEAD_BYTES = 20;
const HEAD_BYTES = 8;

const VARINT = 0;
const WIDTHS: Readonly<Record<number, number>> = { 1: 8, 5: 4 };
const TAG_LIMIT = 2 ** 32;

type Message = 'model' | 'graph' | 'node' | 'attribute' | 'tensor';

/** Where messages lie in each other in onnx.proto, as far as a tensor may lie in them. */
const CHILDREN: Readonly<Record<Message, Readonly<Record<number, Message>>>> = {
  model: { 7: 'graph' },
  graph: { 1: 'node', 5: 'tensor' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph' },
  tensor: {},
};

/** Contents of tensors, and texts and lists of numbers of attributes: nothing that is looked at stands in them. */
const WEIGHTS: Readonly<Record<Message, ReadonlySet<number>>> = {
  model: new Set(),
  graph: new Set(),
  node: new Set(),
  attribute: new Set([4, 7, 8, 9]),
  tensor: new Set([4, 5, 6, 7, 9, 10, 11]),
};

/** Messages that a model is refused for, whatever stands in them. */
const REFUSED: Readonly<Record<Message, ReadonlySet<number>>> = {
  model: new Set([20, 25]),
  graph: new Set([15]),
  node: new Set(),
  attribute: new Set([22, 23]),
  tensor: new Set(),
};

/** An ONNX file without its weights. */
export interface OnnxStructure {
  /** The same message without the contents of its tensors. */
  readonly bytes: Uint8Array;
  /** The first bytes of the file. */
  readonly head: Uint8Array;
  readonly fileBytes: number;
}

/**
 * Reads an ONNX file without its weights: it goes from field to field, and weights are passed over by their length, so
 * that memory and time depend on the structure of a model and not on its size.
 *
 * @throws AppError `model-invalid` where the file is no protobuf message, or its structure is too large
 */
export async function readStructure(path: string): Promise<OnnxStructure> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    return await new StructureReader(handle, size).read();
  } finally {
    await handle.close();
  }
}

interface Frame {
  readonly message: Message;
  /** Where the message ends in the file. */
  readonly end: number;
  /** Where its length stands in what is kept. */
  readonly lengthAt: number;
  readonly depth: number;
}

class StructureReader {
  private readonly window = Buffer.alloc(WINDOW_BYTES);
  private readonly kept = new KeptBytes(ONNX_STRUCTURE_BYTES_MAX, () =>
    refused(`without its weights it has more than ${ONNX_STRUCTURE_BYTES_MAX} bytes`),
  );
  private readonly frames: Frame[] = [];
  /** The part of the file that the window shows, and where in the file the next field begins. */
  private start = 0;
  private end = 0;
  private at = 0;
  /** Bytes from {@link at} on that are kept as they are. */
  private copying = 0;
  /** Where in the window the number that was read ends. */
  private next = 0;
  private fields = 0;

  constructor(
    private readonly handle: FileHandle,
    private readonly size: number,
  ) {}

  async read(): Promise<OnnxStructure> {
    this.frames.push({ message: 'model', end: this.size, lengthAt: -1, depth: 0 });
    await this.fill();
    const head = Uint8Array.from(this.window.subarray(0, Math.min(HEAD_BYTES, this.size)));
    while (!this.scan()) await this.fill();
    return { bytes: this.kept.all(), head, fileBytes: this.size };
  }

  private async fill(): Promise<void> {
    [this.start, this.end] = [this.at, this.at];
    const wanted = Math.min(WINDOW_BYTES, this.size - this.at);
    while (this.end - this.start < wanted) {
      const done = this.end - this.start;
      const { bytesRead } = await this.handle.read(this.window, done, wanted - done, this.end);
      if (bytesRead === 0) throw new Error('A file became shorter while it was read.');
      this.end += bytesRead;
    }
  }

  /** Goes on as far as the window shows. @returns true at the end of the file */
  private scan(): boolean {
    for (let frame = this.frames.at(-1); frame !== undefined; frame = this.frames.at(-1)) {
      if (this.copying > 0) {
        const count = Math.min(this.copying, this.end - this.at);
        if (count <= 0) return false;
        this.keep(this.at - this.start, count);
        this.at += count;
        this.copying -= count;
      } else if (this.at === frame.end) {
        this.frames.pop();
        if (frame.lengthAt >= 0) this.kept.closeLength(frame.lengthAt);
      } else {
        const shown = Math.min(this.end, frame.end);
        if (shown < frame.end && shown - this.at < FIELD_HEAD_BYTES) return false;
        this.field(frame, shown - this.start);
      }
    }
    return true;
  }

  private field(frame: Frame, limit: number): void {
    this.fields += 1;
    if (this.fields > ONNX_FIELDS_MAX) throw refused(`it has more than ${ONNX_FIELDS_MAX} fields`);
    const from = this.at - this.start;
    const tag = this.varint(from, limit);
    const wireType = tag % 8;
    const number = (tag - wireType) / 8;
    if (tag >= TAG_LIMIT) throw malformed('the number of a field is longer than 32 bits');
    if (number === 0) throw malformed('a field has the number 0');
    const tagBytes = this.next - from;
    let length = 0;
    if (wireType === LENGTH_DELIMITED) length = this.varint(this.next, limit);
    else if (wireType === VARINT) this.varint(this.next, limit);
    else if (WIDTHS[wireType] === undefined) throw malformed(`a field has the wire type ${wireType}`);
    else length = WIDTHS[wireType];
    const contents = this.start + this.next;
    if (length > frame.end - contents) throw malformed('a field is longer than the file');
    const isMessage = wireType === LENGTH_DELIMITED;
    const child = isMessage ? CHILDREN[frame.message][number] : undefined;
    this.at = contents;
    if (child !== undefined) this.open(frame, child, { from, tagBytes, end: contents + length });
    else if (WEIGHTS[frame.message].has(number)) this.at += length;
    else if (isMessage && REFUSED[frame.message].has(number)) {
      this.keep(from, tagBytes);
      this.kept.emptyLength();
      this.at += length;
    } else {
      this.kept.require(this.next - from + length);
      this.keep(from, this.next - from);
      this.copying = length;
    }
  }

  private open(
    { depth }: Frame,
    message: Message,
    { from, tagBytes, end }: { from: number; tagBytes: number; end: number },
  ): void {
    const deeper = message === 'graph' ? depth + 1 : depth;
    if (deeper > ONNX_GRAPH_DEPTH_MAX)
      throw refused(`graphs lie deeper than ${ONNX_GRAPH_DEPTH_MAX} levels in each other`);
    this.keep(from, tagBytes);
    this.frames.push({ message, end, lengthAt: this.kept.openLength(), depth: deeper });
  }

  private keep(from: number, count: number): void {
    this.kept.append(this.window, from, count);
  }

  /** A number at a place of the window; lengths beyond 2^53 lose bits, which is harmless: they are longer than any file. */
  private varint(from: number, limit: number): number {
    const byte = this.window[from];
    if (from < limit && byte !== undefined && byte < 0x80) {
      this.next = from + 1;
      return byte;
    }
    const { value, next } = readVarint(
      from < limit ? this.window.subarray(0, limit) : new Uint8Array(),
      from,
    );
    this.next = next;
    return value;
  }
}

function refused(detail: string): AppError {
  return new AppError('model-invalid', `The model is refused: ${detail}.`);
}
