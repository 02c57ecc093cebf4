import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { CommandError, exitCodes } from '../exit-codes.js';

/**
 * Reads a file, or standard input for `-`, up to a limit: the path may be a device without end or a file larger than
 * memory.
 *
 * @throws CommandError `io` when it cannot be read or is larger than `maxBytes`
 */
export async function readInput(path: string, maxBytes: number): Promise<Uint8Array> {
  const stream: Readable = path === '-' ? process.stdin : createReadStream(path);
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > maxBytes) break;
    }
  } catch (error) {
    throw new CommandError(
      exitCodes.io,
      `Cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  if (length > maxBytes) {
    throw new CommandError(exitCodes.io, `${path} has more than the ${maxBytes} bytes that are read.`);
  }
  return Buffer.concat(chunks);
}
