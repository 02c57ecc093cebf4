import { createHash } from 'node:crypto';
import {
  chownSync,
  cpSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError } from '@touchstone/contracts';
import { canTraverse, type Account } from './account.js';
import type { PostgresBinaries } from './binaries.js';

/** Where PostgreSQL runs from and keeps its data. */
export interface PostgresLocation {
  readonly binFolder: string;
  readonly dataFolder: string;
}

const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

/** The folder used instead of a checkout that the account of PostgreSQL cannot enter. */
export function fallbackFolder(checkout: string, parent = '/var/tmp'): string {
  return join(parent, `touchstone-${shortHash(checkout)}`);
}

/** The data folder below {@link fallbackFolder} that stands for `dataFolder`. */
export function fallbackDataFolder(checkout: string, dataFolder: string, parent?: string): string {
  return join(fallbackFolder(checkout, parent), `data-${shortHash(dataFolder)}`);
}

/**
 * Creates the folder (0700, owned by the account) or accepts one that is exactly so. Everybody may write in
 * /var/tmp: a symbolic link or a folder of another owner is one that another user of the machine has put there.
 */
export function claimFolder(folder: string, account: Account): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
    chownSync(folder, account.uid, account.gid);
    return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const found = lstatSync(folder);
  const ownerAccepted = found.uid === account.uid || found.uid === process.getuid?.();
  if (!found.isDirectory() || !ownerAccepted || (found.mode & 0o077) !== 0) {
    throw new AppError(
      'dependency-unavailable',
      `${folder} exists and is not a folder (0700) of uid ${account.uid}: somebody else put it there. ` +
        'Look at it, remove it, and start again.',
    );
  }
  lchownSync(folder, account.uid, account.gid);
}

function copyBinaries(binaries: PostgresBinaries, parent: string): string {
  const target = join(parent, `postgres-${binaries.version}`);
  if (existsSync(join(target, '.complete'))) return target;
  const partial = `${target}.partial`;
  rmSync(partial, { recursive: true, force: true });
  rmSync(target, { recursive: true, force: true });
  cpSync(binaries.folder, partial, { recursive: true, verbatimSymlinks: true });
  writeFileSync(join(partial, '.complete'), '');
  renameSync(partial, target);
  return target;
}

/**
 * Chooses where PostgreSQL runs. An ordinary user runs it in place. uid 0 runs it as another account, which may be
 * kept out of the checkout (one below /root, say): then binaries and data go to {@link fallbackFolder}.
 */
export function locatePostgres(
  options: {
    readonly checkout: string;
    readonly dataFolder: string;
    readonly account: Account | undefined;
    readonly binaries: PostgresBinaries;
    readonly fallbackParent?: string | undefined;
  },
  announce: (line: string) => void,
): PostgresLocation {
  const { checkout, dataFolder, account, binaries, fallbackParent } = options;
  mkdirSync(dirname(dataFolder), { recursive: true });
  if (!account) return { binFolder: join(binaries.folder, 'bin'), dataFolder };
  const binariesInReach = canTraverse(account, join(binaries.folder, 'bin', 'postgres'));
  const dataInReach = canTraverse(account, dirname(dataFolder));
  if (binariesInReach && dataInReach) return { binFolder: join(binaries.folder, 'bin'), dataFolder };
  const folder = fallbackFolder(checkout, fallbackParent);
  claimFolder(folder, account);
  announce(`The user "postgres" cannot enter ${checkout}: PostgreSQL runs from ${folder} instead.`);
  const binFolder = join(binariesInReach ? binaries.folder : copyBinaries(binaries, folder), 'bin');
  if (dataInReach) return { binFolder, dataFolder };
  return { binFolder, dataFolder: fallbackDataFolder(checkout, dataFolder, fallbackParent) };
}
