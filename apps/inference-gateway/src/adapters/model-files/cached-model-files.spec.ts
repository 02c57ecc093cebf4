import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { storedFile } from '../../../test/support/model-on-disk.js';
import type { StoredFile } from '../../domain/model/model-files.js';
import { CachedModelFiles } from './cached-model-files.js';

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'touchstone-cache-')), 'models');
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

const bytesOf = (text: string) => new TextEncoder().encode(text);
const fileOf = (text: string) => storedFile(bytesOf(text));
const opened = (bytesMax = 1_000) => CachedModelFiles.open(folder, bytesMax);
const read = (path: string) => Promise.resolve(readFileSync(path, 'utf8'));
const names = (...files: StoredFile[]) => files.map(({ sha256 }) => `${sha256}.onnx`).sort();

/** Counts how often a file is read from its store. */
function counted(file: StoredFile): { file: StoredFile; reads: () => number } {
  let reads = 0;
  const pieces = () => {
    reads += 1;
    return file.pieces();
  };
  return { file: { ...file, pieces }, reads: () => reads };
}

describe('files of models on a disk', () => {
  it('are read from their store once, and found again after a restart', async () => {
    const { file, reads } = counted(fileOf('a model'));
    const files = await opened();
    expect(await Promise.all([files.lend(file, read), files.lend(file, read)])).toEqual([
      'a model',
      'a model',
    ]);
    expect(readdirSync(folder)).toEqual(names(file));
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    await files.close();
    expect(await (await opened()).lend(file, read)).toBe('a model');
    expect(reads()).toBe(1);
  });

  it('are read again when somebody changed them', async () => {
    const { file, reads } = counted(fileOf('a model'));
    const files = await opened();
    await files.lend(file, (path) => Promise.resolve(writeFileSync(path, 'b model')));
    expect(await files.lend(file, read)).toBe('a model');
    expect(reads()).toBe(2);
  });

  it.each([
    ['another file', fileOf('b model').pieces],
    ['more', fileOf('a model and more').pieces],
    ['less', fileOf('a mod').pieces],
    ['nothing', fileOf('').pieces],
  ])('are not lent when the store holds %s, and leave nothing', async (_name, pieces) => {
    const files = await opened();
    await expect(files.lend({ ...fileOf('a model'), pieces }, read)).rejects.toMatchObject({
      code: 'inference-failed',
    });
    expect(readdirSync(folder)).toEqual([]);
    expect(await files.lend(fileOf('a model'), read)).toBe('a model');
  });

  it('leave nothing when their store fails in the middle', async () => {
    async function* pieces() {
      yield bytesOf('a ');
      await Promise.reject(new Error('away'));
    }
    await expect((await opened()).lend({ ...fileOf('a model'), pieces }, read)).rejects.toThrow('away');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('go when there is no room, the one that was used longest ago first', async () => {
    const [a, b, c] = [fileOf('aaaa'), fileOf('bbbb'), fileOf('cccc')];
    const files = await opened(8);
    await files.lend(a, read);
    await files.lend(b, read);
    expect(readdirSync(folder).sort()).toEqual(names(a, b));
    await files.lend(a, read);
    await files.lend(c, read);
    expect(readdirSync(folder).sort()).toEqual(names(a, c));
    expect(await files.lend(b, read)).toBe('bbbb');
  });

  it('stay while they are in use; what finds no room is told to come again', async () => {
    const [a, b] = [fileOf('aaaa'), fileOf('bbbb')];
    const files = await opened(7);
    await files.lend(a, async (path) => {
      await expect(files.lend(b, read)).rejects.toMatchObject({ code: 'dependency-unavailable' });
      expect(await read(path)).toBe('aaaa');
    });
    expect(await files.lend(b, read)).toBe('bbbb');
    expect(readdirSync(folder)).toEqual(names(b));
  });

  it('are taken over from the process before, but for what it did not finish and what does not fit', async () => {
    const [a, b] = [fileOf('aaaa'), fileOf('bbbb')];
    const files = await opened(8);
    await files.lend(b, read);
    await files.lend(a, read);
    utimesSync(join(folder, `${a.sha256}.onnx`), 1, 1);
    writeFileSync(join(folder, `${a.sha256}.${randomUUID()}.part`), 'aa');
    writeFileSync(join(folder, 'note.txt'), 'of somebody');
    await opened(7);
    expect(readdirSync(folder).sort()).toEqual([...names(b), 'note.txt'].sort());
  });

  it('go with the process where nobody named a folder', async () => {
    const files = await CachedModelFiles.open(undefined, 100);
    const path = await files.lend(fileOf('a model'), (at) => Promise.resolve(at));
    expect(readFileSync(path, 'utf8')).toBe('a model');
    await files.close();
    expect(() => statSync(join(path, '..'))).toThrow('ENOENT');
  });
});
