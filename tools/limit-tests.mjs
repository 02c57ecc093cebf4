// Fails when a limit that refuses or cuts something has no test that names it, so that a changed limit changes a test.
// tools/untested-limits.mjs lists those that still have none; a listed one that has a test fails too, so the list shrinks.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { limitEffects } from './generated/limit-effects.mjs';
import { untestedLimits } from './untested-limits.mjs';

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
const missing = untested.filter((name) => !untestedLimits.includes(name));
const tested = untestedLimits.filter((name) => !untested.includes(name));
if (missing.length > 0)
  process.stdout.write(`no test names ${missing.join(', ')}: test it at max and max + 1.\n`);
if (tested.length > 0)
  process.stdout.write(`${tested.join(', ')}: has a test now; take it out of tools/untested-limits.mjs.\n`);
process.exitCode = missing.length + tested.length > 0 ? 1 : 0;
