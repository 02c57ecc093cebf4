const FIRST_BYTES = 65_536;
/** Bytes of a length that is written before it is known; readers take zeros in front. */
const LENGTH_BYTES = 5;

/** Bytes of a protobuf message that is written front to back, up to a limit. */
export class KeptBytes {
  private bytes = Buffer.alloc(FIRST_BYTES);
  private size = 0;

  /** @param tooLarge what is thrown beyond the limit */
  constructor(
    private readonly bytesMax: number,
    private readonly tooLarge: () => Error,
  ) {}

  append(from: Buffer, start: number, count: number): void {
    this.makeRoom(count);
    from.copy(this.bytes, this.size, start, start + count);
    this.size += count;
  }

  /** Throws where so many more do not fit. */
  require(count: number): void {
    if (this.size + count > this.bytesMax) throw this.tooLarge();
  }

  /** Begins a message whose length is not known yet. @returns where that stands */
  openLength(): number {
    this.makeRoom(LENGTH_BYTES);
    this.size += LENGTH_BYTES;
    return this.size - LENGTH_BYTES;
  }

  closeLength(at: number): void {
    let left = this.size - at - LENGTH_BYTES;
    for (let index = 0; index < LENGTH_BYTES - 1; index += 1) {
      this.bytes[at + index] = (left & 0x7f) | 0x80;
      left >>>= 7;
    }
    this.bytes[at + LENGTH_BYTES - 1] = left;
  }

  /** The length of a message without contents. */
  emptyLength(): void {
    this.makeRoom(1);
    this.bytes[this.size] = 0;
    this.size += 1;
  }

  all(): Uint8Array {
    return new Uint8Array(this.bytes.buffer, this.bytes.byteOffset, this.size);
  }

  private makeRoom(count: number): void {
    this.require(count);
    if (this.size + count <= this.bytes.length) return;
    const larger = Buffer.alloc(Math.min(this.bytesMax, Math.max(2 * this.bytes.length, this.size + count)));
    this.bytes.copy(larger, 0, 0, this.size);
    this.bytes = larger;
  }
}
