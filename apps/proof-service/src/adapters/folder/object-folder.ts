import { AppError } from '@touchstone/contracts';
import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ObjectPlace, StoredObject } from '../../domain/object/ports.js';

/** Everybody may read what is published anyway. */
const FILE_MODE = 0o644;

/** A folder with one file for each object, named by its identifier. A file is there whole or not at all. */
export class ObjectFolder implements ObjectPlace {
  readonly name = 'folder';

  private constructor(private readonly folder: string) {}

  /** @throws AppError `config-invalid` when nothing can be written there */
  static async open(folder: string): Promise<ObjectFolder> {
    const opened = new ObjectFolder(folder);
    try {
      await rm(await opened.write(new Uint8Array()));
    } catch (cause) {
      throw new AppError(
        'config-invalid',
        `TOUCHSTONE_OBJECT_FOLDER: ${folder} has to be a folder in which this service may write (${String(cause)}).`,
        { cause },
      );
    }
    return opened;
  }

  async put({ cid, bytes }: StoredObject): Promise<void> {
    const written = await this.write(bytes);
    try {
      await rename(written, join(this.folder, cid));
    } catch (error) {
      await rm(written, { force: true });
      throw error;
    }
    await this.sync();
  }

  /** @returns the path of a new file that nobody looks for, whose bytes are on the disk */
  private async write(bytes: Uint8Array): Promise<string> {
    const path = join(this.folder, `.${randomUUID()}.part`);
    const file = await open(path, 'wx', FILE_MODE);
    try {
      await file.chmod(FILE_MODE);
      await file.writeFile(bytes);
      await file.sync();
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    } finally {
      await file.close();
    }
    return path;
  }

  /** The new name is on the disk too. */
  private async sync(): Promise<void> {
    const folder = await open(this.folder, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }
}
