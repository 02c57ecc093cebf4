import { describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LOCK_CLASSES } from './locks.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The TypeScript of all services and libraries that ships. */
function sources(): string[] {
  return ['apps', 'libs'].flatMap((group) =>
    readdirSync(join(root, group)).flatMap((project) => {
      const folder = join(root, group, project, 'src');
      if (!existsSync(folder)) return [];
      const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
      return files.filter((name) => /(?<!\.spec)\.ts$/.test(name)).map((name) => join(folder, name));
    }),
  );
}

const filesWith = (pattern: RegExp): string[] =>
  sources()
    .filter((path) => pattern.test(readFileSync(path, 'utf8')))
    .map((path) => relative(root, path))
    .sort();

describe('the classes of advisory locks', () => {
  it('differ and fit the first half of a key', () => {
    const classes = Object.values(LOCK_CLASSES);
    expect(new Set(classes).size).toBe(classes.length);
    for (const value of classes) expect(value >>> 16).toBe(0x7063);
  });

  it('stand in one file', () => {
    expect(filesWith(/0x7063/i)).toEqual(['libs/postgres/src/locks.ts']);
  });

  it('are locked by one file, but for the databases of tests', () => {
    expect(filesWith(/pg_(?:try_)?advisory_/)).toEqual([
      'libs/postgres/src/locks.ts',
      'libs/testing/src/test-database.ts',
    ]);
  });
});
