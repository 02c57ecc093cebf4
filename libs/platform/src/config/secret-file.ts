import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';

/** Largest secret file in bytes; a longer one is a mistake in the path. */
export const SECRET_FILE_BYTES_MAX = 65_536;

/** The content of a secret file, or why it was refused. */
export type SecretFileResult = { ok: true; value: string } | { ok: false; detail: string };

/** Bits of a mode (chmod(2)): what the group may read, and all else that nobody but the owner may. */
const GROUP_READS = 0o040;
const ANY_OTHER = 0o037;
const ROOT = 0;

/**
 * Whether another user of the machine could take the secret. A file of root that is read by the group alone is how a
 * volume of secrets comes to a process that is not root (Kubernetes, fsGroup): the group is that of the container.
 *
 * @param ownUser user id of this process; undefined on a system that has none
 */
export function isOpenToOthers(
  { mode, uid }: { readonly mode: number; readonly uid: number },
  ownUser: number | undefined,
): boolean {
  if ((mode & ANY_OTHER) !== 0) return true;
  return (mode & GROUP_READS) !== 0 && (uid !== ROOT || ownUser === ROOT);
}

/**
 * Reads a secret and trims white space around it. A file that is open to others is refused. The mode is taken from the
 * opened file, so that it cannot be swapped in between.
 */
export function readSecretFile(path: string): SecretFileResult {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) return { ok: false, detail: `${path} is not a file.` };
    if (isOpenToOthers(stat, process.getuid?.())) {
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
