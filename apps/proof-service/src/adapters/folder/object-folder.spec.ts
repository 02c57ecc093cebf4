import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { unixFsCid } from '@touchstone/content-address';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ObjectFolder } from './object-folder.js';

const bytes = new TextEncoder().encode('{"proof":"…"}');
const object = { cid: unixFsCid(bytes), bytes };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'touchstone-objects-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a folder of objects', () => {
  it('has each of them whole under its identifier, for everybody to read, and nothing else', async () => {
    const objects = await ObjectFolder.open(folder);
    expect(readdirSync(folder)).toEqual([]);
    await Promise.all(Array.from({ length: 8 }, () => objects.put(object)));
    expect(readdirSync(folder)).toEqual([object.cid]);
    const path = join(folder, object.cid);
    expect(new Uint8Array(readFileSync(path))).toEqual(bytes);
    expect(statSync(path).mode & 0o777).toBe(0o644);
  });

  it('takes the place of a file that was cut', async () => {
    const path = join(folder, object.cid);
    writeFileSync(path, '{"pro');
    await (await ObjectFolder.open(folder)).put(object);
    expect(new Uint8Array(readFileSync(path))).toEqual(bytes);
  });

  it('leaves nothing behind when it does not take one', async () => {
    const objects = await ObjectFolder.open(folder);
    await expect(objects.put({ ...object, cid: join('not', 'there') })).rejects.toThrow('ENOENT');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('has to be there, and a folder', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    for (const path of [join(folder, 'none'), file])
      await expect(ObjectFolder.open(path)).rejects.toMatchObject({
        code: 'config-invalid',
        message: expect.stringContaining(`TOUCHSTONE_OBJECT_FOLDER: ${path} has to be a folder`),
      });
  });

  it('has to be writable', async () => {
    // Nobody makes files there, not even root.
    await expect(ObjectFolder.open('/proc/self')).rejects.toMatchObject({ code: 'config-invalid' });
  });
});
