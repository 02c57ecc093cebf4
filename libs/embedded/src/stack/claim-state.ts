import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@touchstone/contracts';
import { stateEntries } from './layout.js';

/** The first file that a start writes and the last that a reset deletes. */
const ownershipSign = join('secrets', 'postgres.env');

/**
 * Makes sure that nothing in a folder is mistaken for a stack's. The names below it are common ones (`data`, `logs`):
 * without this, `--state .` in somebody's project would mix with his files and a reset would delete them.
 *
 * @returns Whether the folder holds anything of a stack.
 * @throws AppError `conflict` when entries have a stack's names and no stack has put them there.
 */
export function claimState(folder: string): boolean {
  const taken = stateEntries.filter((name) => existsSync(join(folder, name)));
  if (taken.length === 0) return false;
  if (existsSync(join(folder, ownershipSign))) return true;
  throw new AppError(
    'conflict',
    `${folder} is not the state folder of a stack, and it holds ${taken.join(', ')}, which a stack would use; nothing was touched. Choose another folder with --state.`,
  );
}
