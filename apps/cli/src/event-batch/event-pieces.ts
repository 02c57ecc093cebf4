import { createReadStream, statSync } from 'node:fs';
import { CommandError, exitCodes } from '../exit-codes.js';

const PIECE_BYTES = 262_144;

/** A file, or standard input for `-`, in pieces; it may be larger than memory. @throws CommandError `io` */
export async function* piecesOf(path: string): AsyncGenerator<Uint8Array> {
  const stream = path === '-' ? process.stdin : createReadStream(path, { highWaterMark: PIECE_BYTES });
  try {
    yield* stream as AsyncIterable<Buffer>;
  } catch (error) {
    // What the reader of the pieces throws does not come here; this is the disk, or a file that is not there.
    throw new CommandError(
      exitCodes.io,
      `Cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** Bytes of a regular file; undefined for what has no size. */
export function sizeOf(path: string): number | undefined {
  const found = path === '-' ? undefined : statSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true ? found.size : undefined;
}
