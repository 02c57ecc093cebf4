import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from '../nats/cache-folder.js';
import { ownTemporaryFolder } from './temporary-folder.js';

describe('the own temporary folder', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'touchstone-temporary-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('lies below TMPDIR, which is made where it can be', () => {
    const parent = join(folder, 'new');
    const uid = process.getuid?.() ?? 0;
    for (const made of [ownTemporaryFolder('x', parent), ownTemporaryFolder('x', parent)])
      expect(made).toBe(join(parent, `x-${uid}`));
  });

  it.each([
    ['a file', () => writeFileSync(join(folder, 'at'), '')],
    ['a link to nothing', () => symlinkSync(join(folder, 'nothing'), join(folder, 'at'))],
    ['below a file', () => writeFileSync(join(folder, 'at'), ''), join('at', 'below')],
    // The kernel refuses it to everybody, root included.
    ['in a system that takes no folders', () => undefined, '/proc/none'],
  ])('names TMPDIR and the cure where TMPDIR is %s', (_, make, path = 'at') => {
    make();
    const wanted = path.startsWith('/') ? path : join(folder, path);
    expect(() => ownTemporaryFolder('x', wanted)).toThrow(
      expect.objectContaining({
        code: 'dependency-unavailable',
        message: expect.stringMatching(
          new RegExp(`^The temporary folder ${wanted} cannot be written \\(E\\w+\\): set TMPDIR to a folder`),
        ),
      }),
    );
  });

  it('stands in for a cache that cannot be made', () => {
    expect(cacheFolder({ XDG_CACHE_HOME: '/proc/none' })).toBe(ownTemporaryFolder('touchstone-cache'));
  });
});
