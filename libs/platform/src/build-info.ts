import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { token } from './service/provide.js';

/** Which code runs; it goes into signed contexts, so that evidence names the build that made it. */
export interface BuildInfo {
  readonly service: string;
  readonly version: string;
  /** SHA-256 in lower-case hex, see {@link hashDeployedCode}. */
  readonly hash: string;
}

/** Injection token of the {@link BuildInfo}. */
export const BUILD_INFO = token<BuildInfo>('BuildInfo');

/**
 * Hashes the JavaScript of a deployed application: one line `<sha256 of the file>  <path with slashes>\n` for each
 * `.js`, `.mjs`, `.cjs`, `.json` and `.proto` file below `folder`, sorted by path in code point order; the result is
 * the SHA-256 of these lines in lower-case hex. `sha256sum` prints the same lines, so anyone can repeat it.
 */
export async function hashDeployedCode(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && /\.(?:[cm]?js|json|proto)$/.test(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !path.startsWith('node_modules/'))
    .sort((left, right) => (left < right ? -1 : 1));
  const lines = createHash('sha256');
  for (const path of paths) {
    const digest = createHash('sha256')
      .update(await readFile(join(folder, path)))
      .digest('hex');
    lines.update(`${digest}  ${path}\n`);
  }
  return lines.digest('hex');
}
