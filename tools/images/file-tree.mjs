// A tree of files whose bytes, modes and order depend on nothing but what is in it.
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

const FOLDER_MODE = 0o755;
const FILE_MODE = 0o644;
const PROGRAM_MODE = 0o755;
const OWNER_RUNS = 0o100;

/** The paths of all files below `folder`, with slashes, in the order of their bytes. */
export function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
}

/** Copies a file or a folder; any user may read the copy and run its programs, and only its owner may write it. */
export function copyInto(from, to, { keep = () => true } = {}) {
  if (!statSync(from).isDirectory()) return copyFile(from, to);
  for (const path of filesBelow(from)) if (keep(path)) copyFile(join(from, path), join(to, path));
}

function copyFile(from, to) {
  mkdirSync(dirname(to), { recursive: true, mode: FOLDER_MODE });
  copyFileSync(from, to);
  chmodSync(to, (statSync(from).mode & OWNER_RUNS) === 0 ? FILE_MODE : PROGRAM_MODE);
}

/**
 * SHA-256 over the lines `<sha256>  ./<path>` of all files, in the order of their paths: what
 * `find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum` prints in that folder.
 */
export function treeHash(folder) {
  const lines = createHash('sha256');
  for (const path of filesBelow(folder)) {
    const digest = createHash('sha256')
      .update(readFileSync(join(folder, path)))
      .digest('hex');
    lines.update(`${digest}  ./${path}\n`);
  }
  return lines.digest('hex');
}

/** Bytes of all files below a folder. */
export function treeSize(folder) {
  return filesBelow(folder).reduce((sum, path) => sum + statSync(join(folder, path)).size, 0);
}
