import { lstatSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '@touchstone/contracts';
import { createFolder } from '../state/create-folder.js';

/**
 * A folder of this user alone (0700) below the machine's temporary folder; a link or a folder of somebody else in its
 * place is refused.
 *
 * @throws AppError `dependency-unavailable`
 */
export function ownTemporaryFolder(name: string, parent = tmpdir()): string {
  const uid = process.getuid?.() ?? 0;
  const folder = join(parent, `${name}-${uid}`);
  try {
    createFolder(folder, 0o700);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new AppError(
      'dependency-unavailable',
      `The temporary folder ${parent} cannot be written (${reason}): set TMPDIR to a folder that is there and that ` +
        `uid ${uid} may write.`,
      { cause: error },
    );
  }
  const found = lstatSync(folder);
  if (found.isDirectory() && found.uid === uid && (found.mode & 0o077) === 0) return folder;
  throw new AppError(
    'dependency-unavailable',
    `${folder} is not a folder (0700) of this user: somebody else put it there. Remove it, or set TMPDIR to a folder of your own.`,
  );
}
