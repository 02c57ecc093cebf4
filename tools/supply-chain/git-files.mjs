// What git has: the files of the working tree, and every file of the history.
import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const OUTPUT_BYTES_MAX = 1024 * 1024 * 1024;
/** Files that one call of git reads; their bytes are in memory together. */
const BLOBS_AT_ONCE = 500;

const git = (root, args, input) =>
  execFileSync('git', args, { cwd: root, input, maxBuffer: OUTPUT_BYTES_MAX });

const isFile = (path) => lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;

/** The files that are or would be committed, as `{ path, content }`. */
export function* filesOf(root) {
  const listed = git(root, ['ls-files', '-co', '--exclude-standard', '-z']).toString().split('\0');
  for (const path of new Set(listed))
    if (path !== '' && isFile(join(root, path))) yield { path, content: readFileSync(join(root, path)) };
}

/** Reads what `git cat-file --batch` prints: a line `<id> <kind> <bytes>`, the bytes, a line feed. */
function* blobsOf(output) {
  for (let at = 0; at < output.length;) {
    const end = output.indexOf(10, at);
    const [id, kind, size] = output.toString('utf8', at, end).split(' ');
    const content = output.subarray(end + 1, end + 1 + Number(size));
    at = end + 2 + content.length;
    if (kind === 'blob') yield { id, content };
  }
}

/** Every file of every commit that a branch or tag leads to, once for each content; `path` is one where it stood, with its id. */
export function* historyOf(root) {
  const objects = git(root, ['rev-list', '--objects', '--all']).toString().split('\n');
  const paths = new Map(
    objects.filter((line) => line.includes(' ')).map((line) => [line.slice(0, 40), line.slice(41)]),
  );
  const ids = [...paths.keys()];
  for (let first = 0; first < ids.length; first += BLOBS_AT_ONCE) {
    const input = `${ids.slice(first, first + BLOBS_AT_ONCE).join('\n')}\n`;
    for (const { id, content } of blobsOf(git(root, ['cat-file', '--batch'], input)))
      yield { path: paths.get(id), id, content };
  }
}
