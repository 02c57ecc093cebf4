import { createHash, randomUUID } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { copyFile, mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Files } from '../../domain/files.js';
import { ProverError } from '../../domain/prover-error.js';

/** Files on the disk. */
export class DiskFiles implements Files {
  async read(path: string, bytesMax: number): Promise<Uint8Array> {
    const bytes = await this.readPart(path, 0, bytesMax + 1);
    if (bytes.length > bytesMax)
      throw new ProverError('resource-limit', `${path} has more than ${bytesMax} bytes.`);
    return bytes;
  }

  async digest(path: string, algorithm: 'sha256' | 'blake2b512'): Promise<string> {
    const hash = createHash(algorithm);
    await readable(path, () => pipeline(createReadStream(path), hash));
    return hash.digest('hex');
  }

  async readPart(path: string, from: number, bytes: number): Promise<Uint8Array> {
    return readable(path, async () => {
      await using file = await open(path);
      const { size } = await file.stat();
      const length = Math.max(0, Math.min(bytes, size - from));
      const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, from);
      return new Uint8Array(buffer.buffer, buffer.byteOffset, bytesRead);
    });
  }

  async size(path: string): Promise<number> {
    return readable(path, async () => (await stat(path)).size);
  }

  async move(from: string, to: string): Promise<void> {
    await rename(from, to);
  }

  async copy(from: string, to: string): Promise<void> {
    await whole(to, (half) => copyFile(from, half, constants.COPYFILE_EXCL));
  }

  async replace(path: string, content: Uint8Array | string): Promise<void> {
    await whole(path, (half) => writeFile(half, content, { flag: 'wx' }));
  }
}

async function whole(path: string, write: (half: string) => Promise<void>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const half = `${path}.${randomUUID()}`;
  try {
    await write(half);
    await rename(half, path);
  } finally {
    await rm(half, { force: true });
  }
}

async function readable<Result>(path: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ProverError('request-invalid', `${path} cannot be read: ${reason}`, { cause });
  }
}
