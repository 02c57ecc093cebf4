import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DiskFiles } from './disk-files.js';
import { LEFT_FOLDER_AGE_MS, PrivateFolders } from './private-folders.js';

let below: string;
beforeEach(async () => {
  below = await mkdtemp(join(tmpdir(), 'touchstone-files-'));
});
afterEach(() => rm(below, { recursive: true, force: true }));

describe('a job folder', () => {
  it('is for its owner alone and gone afterwards, whatever happens', async () => {
    const folders = new PrivateFolders(below);
    await folders.use(async (folder) => {
      await folder.write('witness.wtns', 'secret');
      const [own, file] = [await stat(folder.path('.')), await stat(folder.path('witness.wtns'))];
      expect([own.mode & 0o777, file.mode & 0o777]).toEqual([0o700, 0o600]);
      await expect(folder.write('witness.wtns', 'again')).rejects.toThrow('EEXIST');
    });
    await expect(folders.use(() => Promise.reject(new Error('it failed')))).rejects.toThrow('it failed');
    expect(await readdir(below)).toEqual([]);
  });

  it('of a killed process goes with the next job once it is older than LEFT_FOLDER_AGE_MS', async () => {
    const nowMs = Date.now();
    const left = async (name: string, ageMs: number) => {
      await mkdir(join(below, name));
      await utimes(join(below, name), new Date(nowMs - ageMs), new Date(nowMs - ageMs));
    };
    await left('touchstone-zk-old', LEFT_FOLDER_AGE_MS + 1_000);
    await left('touchstone-zk-young', LEFT_FOLDER_AGE_MS - 1_000);
    await left('somebody-else', LEFT_FOLDER_AGE_MS + 1_000);
    await symlink(join(below, 'somebody-else'), join(below, 'touchstone-zk-link'));
    await new PrivateFolders(below, () => nowMs).use(() => Promise.resolve());
    expect(await readdir(below)).toEqual(['somebody-else', 'touchstone-zk-link', 'touchstone-zk-young']);
  });

  it('says when there is nothing to read, or too much', async () => {
    await new PrivateFolders(below).use(async (folder) => {
      await expect(folder.read('proof.json', 10)).rejects.toMatchObject({ code: 'prover-failed' });
      await folder.write('proof.json', 'x'.repeat(11));
      expect(await folder.read('proof.json', 11)).toBe('x'.repeat(11));
      await expect(folder.read('proof.json', 10)).rejects.toMatchObject({ code: 'prover-failed' });
    });
  });
});

describe('files', () => {
  const files = new DiskFiles();

  it('are read up to a limit, in parts, and by their digests', async () => {
    const path = join(below, 'abc');
    await writeFile(path, 'abc');
    expect(await files.read(path, 3)).toEqual(Uint8Array.of(97, 98, 99));
    await expect(files.read(path, 2)).rejects.toMatchObject({ code: 'resource-limit' });
    expect(await files.readPart(path, 1, 10)).toEqual(Uint8Array.of(98, 99));
    expect(await files.readPart(path, 9, 10)).toEqual(new Uint8Array());
    expect(await files.size(path)).toBe(3);
    // FIPS 180-4 and RFC 7693, appendix A.
    expect(await files.digest(path, 'sha256')).toMatch(/^ba7816bf8f01cfea/);
    expect(await files.digest(path, 'blake2b512')).toMatch(/^ba80a53f981c4d0d/);
  });

  it('that are not there are a bad request', async () => {
    const absent = join(below, 'absent');
    for (const reading of [files.read(absent, 1), files.digest(absent, 'sha256'), files.size(absent)])
      await expect(reading).rejects.toMatchObject({ code: 'request-invalid' });
    await expect(files.read(below, 1)).rejects.toMatchObject({ code: 'request-invalid' });
  });

  it('are replaced and copied whole, and leave no halves', async () => {
    const [path, copy] = [join(below, 'one'), join(below, 'two')];
    await files.replace(path, 'first');
    await files.replace(path, 'second');
    await files.copy(path, copy);
    expect(await readFile(copy, 'utf8')).toBe('second');
    await expect(files.copy(join(below, 'absent'), copy)).rejects.toThrow();
    expect(await readdir(below)).toEqual(['one', 'two']);
  });
});
