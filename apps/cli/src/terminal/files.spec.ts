import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { exitCodes } from '../exit-codes.js';
import { openInput, requireOtherFile } from './files.js';

describe('a file that is about to be written', () => {
  let folder: string;
  let input: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'touchstone-files-'));
    input = join(folder, 'e.json');
    writeFileSync(input, '{}');
    mkdirSync(join(folder, 'sub'));
    symlinkSync(input, join(folder, 'link'));
    linkSync(input, join(folder, 'hard'));
    writeFileSync(join(folder, 'other'), '{}');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it.each(['e.json', 'sub/../e.json', 'link', 'hard'])(
    'is refused as the input’s own name %s',
    async (name) => {
      const output = `${folder}/${name}`;
      await expect(requireOtherFile(output, undefined, '-', input)).rejects.toMatchObject({
        exitCode: exitCodes.usage,
        message: `${output} is the file that is read (${input}); writing it would destroy it. Name another one.`,
      });
    },
  );

  it.each(['new', 'other', 'nowhere/new'])('may be %s', async (name) => {
    await requireOtherFile(join(folder, name), input, join(folder, 'missing'));
  });

  it('may be a device or standard output, which nothing replaces', async () => {
    await requireOtherFile('/dev/null', '/dev/null');
    await requireOtherFile('-', '-');
  });
});

describe('a file that is sent', () => {
  it('is read from the disk or from a pipe, up to its limit', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'touchstone-files-'));
    try {
      const [file, pipe] = [join(folder, 'file'), join(folder, 'pipe')];
      writeFileSync(file, 'model');
      execFileSync('mkfifo', [pipe]);
      expect(await (await openInput(file, 5)).text()).toBe('model');
      await expect(openInput(file, 4)).rejects.toThrow('has more than the 4 bytes');
      const written = () => writeFile(pipe, 'model');
      const [sent] = await Promise.all([openInput(pipe, 5), written()]);
      expect(await sent.text()).toBe('model');
      await expect(Promise.all([openInput(pipe, 4), written()])).rejects.toThrow('has more than the 4 bytes');
      await expect(openInput(folder, 5)).rejects.toThrow('Cannot read');
      await expect(openInput(join(folder, 'none'), 5)).rejects.toThrow('Cannot read');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
