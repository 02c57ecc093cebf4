import { AppError } from '@touchstone/contracts';
import { createHash, randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asNotWritten } from '../../domain/model/not-written.js';
import type { ModelFiles, StoredFile } from '../../domain/model/model-files.js';
import { hashFile } from './hash-file.js';

/** What the files are called: their SHA-256 and this. */
const SUFFIX = '.onnx';
const CACHED = /^([0-9a-f]{64})\.onnx$/;
/** Files that are still written; what a process left behind under such a name is removed at the next start. */
const UNFINISHED = /^[0-9a-f]{64}\.[0-9a-f-]{36}\.part$/;

interface Entry {
  readonly sizeBytes: number;
  /** How many use it now; it stays meanwhile. */
  lent: number;
}

/**
 * Files of models in a folder of this process alone, each under its SHA-256. A file is compared with its hash each time
 * before it is lent, because processes of models run as the same user; one that does not hold is read from its store
 * again. What was not used for longest goes when there is no room.
 */
export class CachedModelFiles implements ModelFiles {
  /** By SHA-256, the one that was used longest ago first. */
  private readonly entries = new Map<string, Entry>();
  private readonly preparing = new Map<string, Promise<void>>();
  /** A folder of its own is made with the first file: a gateway without added models needs no disk. */
  private own: Promise<string> | undefined;

  private constructor(
    private readonly named: string | undefined,
    private readonly bytesMax: number,
  ) {}

  /**
   * Takes over what is in the folder.
   *
   * @param folder a new one in the folder of the system for temporary files when left out, which goes with {@link close}
   */
  static async open(folder: string | undefined, bytesMax: number): Promise<CachedModelFiles> {
    const files = new CachedModelFiles(folder, bytesMax);
    if (folder !== undefined) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await files.takeOver(folder);
    }
    return files;
  }

  async lend<Result>(file: StoredFile, use: (path: string) => Promise<Result>): Promise<Result> {
    const { sha256, sizeBytes } = file;
    const entry = this.entries.get(sha256) ?? { sizeBytes, lent: 0 };
    this.entries.delete(sha256);
    this.entries.set(sha256, entry);
    entry.lent += 1;
    try {
      await this.prepared(file);
      return await use(pathIn(await this.folder(), sha256));
    } finally {
      entry.lent -= 1;
    }
  }

  /** Takes a folder of its own away. */
  async close(): Promise<void> {
    const own = await this.own?.catch(() => undefined);
    if (own !== undefined) await rm(own, { recursive: true, force: true });
  }

  /** @throws what the system says where it cannot be made; the next file tries again */
  private async folder(): Promise<string> {
    if (this.named !== undefined) return this.named;
    this.own ??= mkdtemp(join(tmpdir(), 'touchstone-models-'));
    try {
      return await this.own;
    } catch (error) {
      this.own = undefined;
      throw error;
    }
  }

  private async takeOver(folder: string): Promise<void> {
    const found: { sha256: string; sizeBytes: number; usedMs: number }[] = [];
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      if (UNFINISHED.test(name)) await rm(path, { force: true });
      const sha256 = CACHED.exec(name)?.[1];
      if (sha256 === undefined) continue;
      const { size, mtimeMs } = await stat(path);
      found.push({ sha256, sizeBytes: size, usedMs: mtimeMs });
    }
    found.sort((left, right) => left.usedMs - right.usedMs);
    for (const { sha256, sizeBytes } of found) this.entries.set(sha256, { sizeBytes, lent: 0 });
    this.makeRoom(folder);
  }

  /** One after the other for each file: whoever comes in the middle waits for the same work. */
  private prepared(file: StoredFile): Promise<void> {
    const underWay = this.preparing.get(file.sha256);
    if (underWay !== undefined) return underWay;
    const work = this.prepare(file).finally(() => this.preparing.delete(file.sha256));
    this.preparing.set(file.sha256, work);
    return work;
  }

  private async prepare(file: StoredFile): Promise<void> {
    try {
      const folder = await this.folder();
      const path = pathIn(folder, file.sha256);
      const actual = await hashFile(path).catch(() => undefined);
      if (actual === file.sha256) return;
      await rm(path, { force: true });
      this.makeRoom(folder);
      await write(file, folder);
    } catch (error) {
      this.entries.delete(file.sha256);
      throw asNotWritten(error);
    }
  }

  /** @throws AppError `dependency-unavailable` when what is in use takes all of it */
  private makeRoom(folder: string): void {
    let taken = [...this.entries.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    for (const [sha256, { sizeBytes, lent }] of [...this.entries]) {
      if (taken <= this.bytesMax) return;
      if (lent > 0) continue;
      this.entries.delete(sha256);
      // At once, so that nobody is lent a file that goes a moment later.
      rmSync(pathIn(folder, sha256), { force: true });
      taken -= sizeBytes;
    }
    if (taken > this.bytesMax)
      throw new AppError(
        'dependency-unavailable',
        `Files of models that are in use take ${taken} bytes, and there is room for ${this.bytesMax}; try again later.`,
      );
  }
}

const pathIn = (folder: string, sha256: string): string => join(folder, `${sha256}${SUFFIX}`);

async function write(file: StoredFile, folder: string): Promise<void> {
  const unfinished = join(folder, `${file.sha256}.${randomUUID()}.part`);
  const handle = await open(unfinished, 'wx', 0o600);
  try {
    await writePieces(handle, file);
    await handle.sync();
    await handle.close();
    await rename(unfinished, pathIn(folder, file.sha256));
  } catch (error) {
    await handle.close();
    await rm(unfinished, { force: true });
    throw error;
  }
}

/** @throws AppError `inference-failed` for another file than the one that is expected */
async function writePieces(handle: FileHandle, { sha256, sizeBytes, pieces }: StoredFile): Promise<void> {
  const hash = createHash('sha256');
  let written = 0;
  for await (const piece of pieces()) {
    written += piece.length;
    if (written > sizeBytes) throw otherFile(`more than the ${sizeBytes} bytes`, 'of its record');
    hash.update(piece);
    await handle.writeFile(piece);
  }
  const actual = hash.digest('hex');
  if (actual !== sha256) throw otherFile(`the SHA-256 ${actual}`, `and its record says ${sha256}`);
}

function otherFile(found: string, expected: string): AppError {
  return new AppError('inference-failed', `The stored file has ${found} ${expected}.`);
}
