import { createHash, randomUUID } from 'node:crypto';
import { open, stat, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { asNotWritten } from '../../domain/model/not-written.js';
import { FILE_PIECE_BYTES, type ReceivedFile } from '../../domain/model/model-files.js';
import { partTooLarge } from './receive-form.js';

/** A file of a form on the disk, which is gone when it is closed. */
export interface UploadedFile extends ReceivedFile {
  close(): Promise<void>;
}

/**
 * Writes a part to a file and hashes it on the way. Where the system lets open files be opened again, as Linux does, the file has no
 * name of its own, and so is gone too when the process ends.
 *
 * @param folder where the file lies
 * @throws AppError `body-too-large` at the first byte beyond `bytesMax`; `dependency-unavailable` where the disk is full or the folder cannot be written
 */
export async function uploadFile(folder: string, content: Readable, bytesMax: number): Promise<UploadedFile> {
  const named = join(folder, `touchstone-upload-${randomUUID()}`);
  const handle = await open(named, 'wx+', 0o600).catch((error: unknown) => {
    throw asNotWritten(error);
  });
  let isNamed = true;
  const remove = async (): Promise<void> => {
    await handle.close();
    if (isNamed) await unlink(named);
  };
  try {
    const unnamed = `/proc/${process.pid}/fd/${handle.fd}`;
    if (await isThere(unnamed)) {
      await unlink(named);
      isNamed = false;
    }
    const received = await receive(handle, content, bytesMax);
    const path = isNamed ? named : unnamed;
    return { ...received, path, pieces: () => piecesOf(handle, received.sizeBytes), close: remove };
  } catch (error) {
    await remove();
    throw asNotWritten(error);
  }
}

async function receive(handle: FileHandle, content: Readable, bytesMax: number) {
  const [sha256, sha3] = [createHash('sha256'), createHash('sha3-256')];
  let sizeBytes = 0;
  for await (const chunk of content as AsyncIterable<Buffer>) {
    if (sizeBytes + chunk.length > bytesMax) throw partTooLarge('model', bytesMax);
    sha256.update(chunk);
    sha3.update(chunk);
    await writeAll(handle, chunk, sizeBytes);
    sizeBytes += chunk.length;
  }
  return { sizeBytes, sha256: sha256.digest('hex'), sha3: sha3.digest('hex') };
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function writeAll(handle: FileHandle, chunk: Buffer, position: number): Promise<void> {
  let written = 0;
  while (written < chunk.length) {
    const { bytesWritten } = await handle.write(chunk, written, chunk.length - written, position + written);
    written += bytesWritten;
  }
}

async function* piecesOf(handle: FileHandle, sizeBytes: number): AsyncGenerator<Uint8Array> {
  // One buffer for all of them: what is thrown away of a large file would be in memory for a while.
  const buffer = Buffer.alloc(Math.min(FILE_PIECE_BYTES, sizeBytes));
  for (let from = 0; from < sizeBytes; from += FILE_PIECE_BYTES) {
    const piece = buffer.subarray(0, Math.min(FILE_PIECE_BYTES, sizeBytes - from));
    let read = 0;
    while (read < piece.length) {
      const { bytesRead } = await handle.read(piece, read, piece.length - read, from + read);
      if (bytesRead === 0) throw new Error('A file that was received is shorter than it was.');
      read += bytesRead;
    }
    yield piece;
  }
}
