import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import type { Loadable } from '../../src/adapters/onnx/onnx-pool.js';
import type { FileOnDisk, ModelFiles, StoredFile } from '../../src/domain/model/model-files.js';

const folder = mkdtempSync(join(tmpdir(), 'touchstone-models-of-tests-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A file with these bytes, which goes with the spec. */
export function onDisk(bytes: Uint8Array): FileOnDisk {
  const path = join(folder, randomUUID());
  writeFileSync(path, bytes);
  return { path, sizeBytes: bytes.length };
}

/** A model with this file, as a runtime takes it. */
export function loadableOf(modelVersionId: string, bytes: Uint8Array): Loadable {
  const { path, sizeBytes } = onDisk(bytes);
  return { modelVersionId, sizeBytes, withFile: (use) => use(path) };
}

/** These bytes as they are stored. */
export function storedFile(bytes: Uint8Array): StoredFile {
  async function* pieces() {
    yield bytes;
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { sha256, sizeBytes: bytes.length, pieces };
}

/** Lends a new file each time. */
export const memoryModelFiles: ModelFiles = {
  async lend(file, use) {
    const chunks: Uint8Array[] = [];
    for await (const piece of file.pieces()) chunks.push(piece);
    const bytes = Buffer.concat(chunks);
    if (storedFile(bytes).sha256 !== file.sha256) throw new AppError('inference-failed', 'Another file.');
    return use(onDisk(bytes).path);
  },
};
