import { readFile } from 'node:fs/promises';
import { CommandError, exitCodes } from '../exit-codes.js';

/**
 * Reads a file, or standard input for `-`, up to a limit.
 *
 * @throws CommandError `io` when it cannot be read or is larger than `maxBytes`
 */
export async function readInput(path: string, maxBytes: number): Promise<Uint8Array> {
  const bytes = path === '-' ? await readStandardInput(maxBytes) : await readFileOrFail(path);
  if (bytes.length > maxBytes) {
    throw new CommandError(exitCodes.io, `${path} has ${bytes.length} bytes; at most ${maxBytes} are read.`);
  }
  return bytes;
}

async function readFileOrFail(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new CommandError(
      exitCodes.io,
      `Cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

async function readStandardInput(maxBytes: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > maxBytes) break;
  }
  return Buffer.concat(chunks);
}
