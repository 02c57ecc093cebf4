import { existsSync, readFileSync } from 'node:fs';

/**
 * The committed inputs of a target, `corpus/<target>.txt`: one input in hex per line; `#` begins a comment.
 *
 * @returns {Uint8Array[]}
 */
export function readCorpus(name) {
  const path = new URL(`corpus/${name}.txt`, import.meta.url);
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '')
    .map((line) => Uint8Array.from(Buffer.from(line === '-' ? '' : line, 'hex')));
}
