import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';

/** Largest secret file in bytes; a longer one is a mistake in the path. */
export const SECRET_FILE_BYTES_MAX = 65_536;

/** The content of a secret file, or why it was refused. */
export type SecretFileResult = { ok: true; value: string } | { ok: false; detail: string };

/**
 * Reads a secret and trims white space around it. A file that group or others may read is refused: another user of
 * the machine could take the key. The mode is taken from the opened file, so that it cannot be swapped in between.
 */
export function readSecretFile(path: string): SecretFileResult {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) return { ok: false, detail: `${path} is not a file.` };
    if ((stat.mode & 0o077) !== 0) {
      const mode = (stat.mode & 0o777).toString(8).padStart(4, '0');
      return {
        ok: false,
        detail: `${path} has mode ${mode}, so group or others can read it; run: chmod 600 ${path}`,
      };
    }
    if (stat.size > SECRET_FILE_BYTES_MAX)
      return {
        ok: false,
        detail: `${path} has ${stat.size} bytes, at most ${SECRET_FILE_BYTES_MAX} are read.`,
      };
    return { ok: true, value: readFileSync(descriptor, 'utf8').trim() };
  } catch (error) {
    const { code = 'error' } = error as { code?: string };
    return { ok: false, detail: `${path} cannot be read (${code}).` };
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
