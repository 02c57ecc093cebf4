import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createFolder } from './create-folder.js';

describe('createFolder', () => {
  let parent: string;
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'touchstone-folder-'));
  });
  afterEach(() => rmSync(parent, { recursive: true, force: true }));

  it('creates a folder with those above it, and leaves one that is there', () => {
    const folder = join(parent, 'a', 'b');
    createFolder(folder, 0o700);
    createFolder(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it('says what the system refused where a file stands in the way', () => {
    writeFileSync(join(parent, 'file'), '');
    expect(() => createFolder(join(parent, 'file'))).toThrow('EEXIST');
    expect(() => createFolder(join(parent, 'file', 'below'))).toThrow(/ENOTDIR|EEXIST/);
  });

  it.each(['/proc/x', '/proc/x/y', '/proc/self/fd/x'])('returns with an error for %s', (path) => {
    expect(() => createFolder(path)).toThrow(/ENOENT|EACCES|EPERM/);
  });
});
