import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { EventTexts } from '@touchstone/event-batch';

const WRITE_BYTES = 1_048_576;
/** More than the longest event. */
const READ_BYTES = 262_144;
const ENTRIES_AT_FIRST = 4096;

/**
 * Keeps the texts of a batch in a file without a name, which goes with the process. In memory stands where each of them
 * begins, 8 bytes an event.
 */
export class FileEventTexts implements EventTexts {
  private readonly file: number;
  private readonly unwritten = Buffer.alloc(WRITE_BYTES);
  private readonly window = Buffer.alloc(READ_BYTES);
  private starts = new Float64Array(ENTRIES_AT_FIRST);
  private count = 0;
  private used = 0;
  private written = 0;
  private windowStart = 0;
  private windowEnd = 0;
  private nextStart = 0;

  constructor(folder: string) {
    const path = join(folder, `.events.${process.pid}.tmp`);
    this.file = openSync(path, 'w+', 0o600);
    rmSync(path);
  }

  append(canonical: string): void {
    // A code unit has at most three bytes.
    if (this.used + 3 * canonical.length > WRITE_BYTES) this.flush();
    this.used += this.unwritten.write(canonical, this.used);
    this.count += 1;
    if (this.count >= this.starts.length) {
      const longer = new Float64Array(2 * this.starts.length);
      longer.set(this.starts);
      this.starts = longer;
    }
    this.starts[this.count] = this.written + this.used;
  }

  /** The bytes are those of a buffer of this object, which the next call changes. */
  read(index: number): Uint8Array {
    this.flush();
    const start = this.starts[index] as number;
    const end = this.starts[index + 1] as number;
    if (start < this.windowStart || end > this.windowEnd) {
      // Whoever goes on where they were reads ahead; anybody else reads one text.
      const wanted = start === this.nextStart ? Math.min(READ_BYTES, this.written - start) : end - start;
      this.fill(start, wanted);
    }
    this.nextStart = end;
    return this.window.subarray(start - this.windowStart, end - this.windowStart);
  }

  close(): void {
    closeSync(this.file);
  }

  private fill(start: number, length: number): void {
    let read = 0;
    while (read < length) read += readSync(this.file, this.window, read, length - read, start + read);
    this.windowStart = start;
    this.windowEnd = start + length;
  }

  private flush(): void {
    let done = 0;
    while (done < this.used)
      done += writeSync(this.file, this.unwritten, done, this.used - done, this.written + done);
    this.written += this.used;
    this.used = 0;
  }
}
