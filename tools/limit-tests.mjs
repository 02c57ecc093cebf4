// Fails when a limit that refuses or cuts something has no test that names it, so that a changed limit changes a test.
// Where several projects have a limit of one name, each needs a test of its own.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { limitEffects } from './generated/limit-effects.mjs';
import { exportedLimits } from './generated/limits.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const TEST_FILE = /(?:\.spec|[.-]contract)\.ts$/;
const SKIPPED = new Set(['node_modules', 'bundle', 'dist', 'dist-spec']);

function testFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : testFiles(path);
    return TEST_FILE.test(entry.name) ? [path] : [];
  });
}

const tests = ['libs', 'apps']
  .flatMap((group) => testFiles(join(root, group)))
  .map((path) => ({
    path: path.slice(root.length),
    words: new Set(readFileSync(path, 'utf8').match(/\b[A-Z][A-Z0-9_]+\b/g) ?? []),
  }));
const isNamedIn = (folder, name) =>
  tests.some(({ path, words }) => path.startsWith(`${folder}/`) && words.has(name));

const foldersOf = new Map(Object.keys(limitEffects).map((name) => [name, new Set()]));
for (const { folder, name } of exportedLimits(root)) foldersOf.get(name)?.add(folder);

const untested = [...foldersOf].flatMap(([name, folders]) => {
  if (folders.size === 1) return isNamedIn('libs', name) || isNamedIn('apps', name) ? [] : [name];
  return [...folders].filter((folder) => !isNamedIn(folder, name)).map((folder) => `${name} of ${folder}`);
});
if (untested.length > 0) {
  process.stdout.write(`no test names ${untested.join(', ')}: test it at max and max + 1.\n`);
  process.exitCode = 1;
}
