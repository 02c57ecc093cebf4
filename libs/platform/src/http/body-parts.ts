/** Bytes of the pieces that a long body is kept in: joining them would hold up everybody else. */
const PIECE_BYTES = 1_048_576;

/** The bytes of a body while they come. A long one is copied into pieces that have their memory to themselves. */
export class BodyParts {
  size = 0;
  private readonly chunks: Uint8Array[] = [];
  private readonly pieces: Uint8Array[] = [];
  private free: Uint8Array = new Uint8Array(0);

  /** @param sizeKnown bytes that are still to come, where the client said so */
  constructor(private readonly sizeKnown: number | undefined) {}

  push(chunk: Uint8Array): void {
    this.size += chunk.length;
    if (this.size <= PIECE_BYTES / 8) {
      this.chunks.push(chunk);
      return;
    }
    for (const early of this.chunks.splice(0)) this.copy(early);
    this.copy(chunk);
  }

  /** What came, in order. */
  end(): readonly Uint8Array[] {
    if (this.chunks.length > 0) return this.chunks;
    const last = this.pieces.pop();
    if (last !== undefined) this.pieces.push(last.subarray(0, last.length - this.free.length));
    return this.pieces;
  }

  private copy(chunk: Uint8Array): void {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.free.length === 0) this.grow();
      const part = rest.subarray(0, this.free.length);
      this.free.set(part);
      this.free = this.free.subarray(part.length);
      rest = rest.subarray(part.length);
    }
  }

  private grow(): void {
    const held = this.pieces.length * PIECE_BYTES;
    const left = this.sizeKnown === undefined ? PIECE_BYTES : this.sizeKnown - held;
    const piece = new Uint8Array(Math.min(PIECE_BYTES, Math.max(1, left)));
    this.pieces.push(piece);
    this.free = piece;
  }
}
