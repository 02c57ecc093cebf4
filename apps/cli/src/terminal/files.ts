import { constants, createReadStream, openAsBlob } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
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

/**
 * A file that is sent: it is read from the disk while it is, and not into memory before.
 *
 * @throws CommandError `io` when it cannot be read or is larger than `maxBytes`
 */
export async function openInput(path: string, maxBytes: number): Promise<Blob> {
  // Standard input and pipes have no size, and whoever reads them twice finds nothing.
  const isFile = path !== '-' && (await stat(path).catch(() => undefined))?.isFile();
  if (isFile !== true) return new Blob([(await readInput(path, maxBytes)) as Uint8Array<ArrayBuffer>]);
  const file = await openAsBlob(path).catch((error: unknown) => {
    throw new CommandError(
      exitCodes.io,
      `Cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`,
    );
  });
  if (file.size <= maxBytes) return file;
  throw new CommandError(exitCodes.io, `${path} has more than the ${maxBytes} bytes that are read.`);
}

/**
 * Makes sure that a file that is about to be written is none of those that were read, under this or another name;
 * evidence that is overwritten cannot be made again.
 *
 * @throws CommandError `usage`
 */
export async function requireOtherFile(
  output: string,
  ...inputs: readonly (string | undefined)[]
): Promise<void> {
  const written = await identityOf(output);
  if (written === undefined) return;
  for (const input of inputs) {
    if (input === undefined || (await identityOf(input)) !== written) continue;
    throw new CommandError(
      exitCodes.usage,
      `${output} is the file that is read (${input}); writing it would destroy it. Name another one.`,
    );
  }
}

/** Device and number of a regular file, which all its names share; undefined for what writing does not replace. */
async function identityOf(path: string): Promise<string | undefined> {
  if (path === '-') return undefined;
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found?.isFile() === true ? `${found.dev}:${found.ino}` : undefined;
}

/** Finds out before anything is paid that a file could not be written afterwards. */
export async function requireFolder(path: string): Promise<void> {
  await access(dirname(path), constants.W_OK | constants.X_OK);
}
