import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { available } from './available.js';

const repositoryRoot = fileURLToPath(new URL('../../..', import.meta.url));

/** The folder of third-party test vectors: `TOUCHSTONE_VECTORS`, or `../shared/vectors` beside the repository. */
export const vectorsFolder = process.env['TOUCHSTONE_VECTORS'] ?? join(repositoryRoot, '../shared/vectors');

/** True when the third-party vectors are there. */
export const vectorsPresent = available(
  existsSync(vectorsFolder),
  `Test vectors not found at ${vectorsFolder}: set TOUCHSTONE_VECTORS to their folder.`,
);

/** Path of one vector file or folder, e.g. `vectorsPath('wycheproof/testvectors_v1/ed25519_test.json')`. */
export function vectorsPath(relative: string): string {
  return join(vectorsFolder, relative);
}

/** Reads one JSON vector file. */
export function readVectors<T>(relative: string): T {
  return JSON.parse(readFileSync(vectorsPath(relative), 'utf8')) as T;
}
