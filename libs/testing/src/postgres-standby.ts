import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { startPostgres, type RunningPostgres } from '@touchstone/embedded';
import pg from 'pg';
import { waitUntil } from './wait-until.js';

/** A server that is copied. */
export interface CopiedServer {
  readonly port: number;
  readonly dataFolder: string;
  /** The superuser's, with the password. */
  readonly url: string;
  readonly password: string;
}

/** Keeps the write-ahead log for the standby from the backup on. */
const SLOT = 'standby';
const LEFT_OUT = new Set(['postmaster.pid', 'postmaster.opts']);
/** Folders that a copy has and that are empty in it (PostgreSQL documentation, "Making a Base Backup Using the Low Level API"). */
const EMPTY = new Set([
  'pg_wal',
  'pg_replslot',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_subtrans',
]);

/**
 * Starts a standby that streams from a running server, without stopping it: copies its folder between the start and the end of a
 * backup, as `pg_basebackup` does, which the binaries lack.
 *
 * @param options of the standby; its folder must not exist
 */
export async function startPostgresStandby(
  primary: CopiedServer,
  options: { readonly dataDir: string; readonly port: number; readonly pidFile?: string },
): Promise<RunningPostgres> {
  const client = new pg.Client({ connectionString: primary.url });
  await client.connect();
  try {
    await client.query('SELECT pg_create_physical_replication_slot($1, true)', [SLOT]);
    await client.query("SELECT pg_backup_start('standby', true)");
    copyFolder(primary.dataFolder, options.dataDir);
    const { rows } = await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)');
    writeOwned(join(options.dataDir, 'backup_label'), rows[0]?.labelfile ?? '', primary.dataFolder);
  } finally {
    await client.end();
  }
  followServer(options.dataDir, { ...primary, slot: SLOT });
  return startPostgres({ ...options, password: primary.password, durable: true, announce: () => undefined });
}

/** Makes the server on a folder, which is stopped, a standby of another one. */
export function followServer(
  dataFolder: string,
  { port, password, slot }: { readonly port: number; readonly password: string; readonly slot?: string },
): void {
  writeOwned(join(dataFolder, 'standby.signal'), '', dataFolder);
  appendFileSync(
    join(dataFolder, 'postgresql.auto.conf'),
    `primary_conninfo = 'host=127.0.0.1 port=${port} user=postgres password=${password}'\n` +
      (slot === undefined ? '' : `primary_slot_name = '${slot}'\n`),
  );
}

/** From now on nobody hears of a commit that the standby does not have, so that the loss of the primary loses nothing. */
export async function commitOnBoth(primaryUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: primaryUrl });
  await client.connect();
  try {
    await client.query("ALTER SYSTEM SET synchronous_standby_names = '*'");
    await client.query('SELECT pg_reload_conf()');
    await waitUntil(async () => {
      const { rows } = await client.query("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'");
      return rows.length > 0;
    }, 20_000);
  } finally {
    await client.end();
  }
}

function copyFolder(from: string, to: string): void {
  const { uid, gid } = statSync(from);
  mkdirSync(to);
  chmodSync(to, 0o700);
  chownSync(to, uid, gid);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (LEFT_OUT.has(entry.name)) continue;
    if (!entry.isDirectory()) copyFile(source, target, { uid, gid });
    else if (EMPTY.has(entry.name)) {
      mkdirSync(target, { mode: 0o700 });
      chownSync(target, uid, gid);
    } else copyFolder(source, target);
  }
}

/** Files come and go while the server runs; the log brings back what matters of them. */
function copyFile(from: string, to: string, { uid, gid }: { uid: number; gid: number }): void {
  try {
    copyFileSync(from, to);
    chownSync(to, uid, gid);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function writeOwned(path: string, text: string, like: string): void {
  const { uid, gid } = statSync(like);
  writeFileSync(path, text, { mode: 0o600 });
  chownSync(path, uid, gid);
}
