// Fails when a limit that refuses or cuts something has no test that names it, so that a changed limit changes a test.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { limitEffects } from './generated/limit-effects.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const TEST_FILE = /(?:\.spec|[.-]contract)\.ts$/;
const SKIPPED = new Set(['node_modules', 'dist', 'dist-spec']);

function testFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : testFiles(path);
    return TEST_FILE.test(entry.name) ? [path] : [];
  });
}

const words = new Set(
  ['libs', 'apps']
    .flatMap((group) => testFiles(join(root, group)))
    .flatMap((path) => readFileSync(path, 'utf8').match(/\b[A-Z][A-Z0-9_]+\b/g) ?? []),
);
const untested = Object.keys(limitEffects).filter((name) => !words.has(name));
if (untested.length > 0) {
  process.stdout.write(`no test names ${untested.join(', ')}: test it at max and max + 1.\n`);
  process.exitCode = 1;
}
