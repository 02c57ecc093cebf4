import { lockInTransaction, withDatabase } from '@touchstone/postgres';
import type { DataSource, EntityManager } from 'typeorm';
import type {
  CheckpointStore,
  LockedLog,
  LogRecord,
  LogReopening,
  SignedCheckpoint,
} from '../domain/ports.js';

interface CheckpointRow {
  readonly size: string;
  readonly root: Buffer;
  readonly note: string;
}

interface PlaceRow {
  readonly systemIdentifier: string;
  readonly timeline: number;
  readonly isReplicated: boolean;
}

interface FenceRow {
  readonly systemIdentifier: string;
  readonly timeline: number;
  readonly isCopy: boolean;
  readonly isClosed: boolean;
}

/**
 * The timeline is that of the log that is written now: the control file names the one of the last checkpoint, which may be minutes
 * old after a promotion. Any role may ask for both.
 */
const PLACE_SQL = `
  SELECT (SELECT system_identifier::text FROM pg_control_system()) AS "systemIdentifier",
         ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint::float8 AS timeline,
         current_setting('synchronous_standby_names') <> ''
           AND current_setting('synchronous_commit') IN ('on', 'remote_apply') AS "isReplicated"`;

/** A row knows which transaction wrote it; one that a dump brought was written by another. */
const FENCE_SQL = `
  SELECT system_identifier AS "systemIdentifier", timeline::float8 AS timeline, closed AS "isClosed",
         fence.xmin <> fence.written_by::xid AS "isCopy"
  FROM signer.log_fence AS fence WHERE origin = $1`;

const PUT_FENCE_SQL = `
  INSERT INTO signer.log_fence (origin, system_identifier, timeline, closed, written_by)
  VALUES ($1, $2, $3, $4, pg_current_xact_id())
  ON CONFLICT (origin) DO UPDATE SET system_identifier = EXCLUDED.system_identifier, timeline = EXCLUDED.timeline,
    closed = EXCLUDED.closed, written_by = EXCLUDED.written_by, written_at = EXCLUDED.written_at`;

/** Keeps signed checkpoints; the lock is held from reading the last one to the commit of the next. */
export class PostgresCheckpointStore implements CheckpointStore {
  constructor(private readonly dataSource: DataSource) {}

  withLog<T>(origin: string, work: (log: LockedLog) => Promise<T>): Promise<T> {
    return withDatabase(() =>
      this.dataSource.transaction(async (manager) => {
        await lockInTransaction(manager, 'log', origin);
        return work(new PostgresLockedLog(manager, origin, await readRecord(manager, origin)));
      }),
    );
  }
}

class PostgresLockedLog implements LockedLog {
  constructor(
    private readonly manager: EntityManager,
    private readonly origin: string,
    readonly record: LogRecord,
  ) {}

  async signedAt(size: bigint): Promise<SignedCheckpoint | undefined> {
    const [row] = (await this.manager.query(
      'SELECT size::text, root, note FROM signer.signed_checkpoint WHERE origin = $1 AND size = $2',
      [this.origin, size.toString()],
    )) as CheckpointRow[];
    return row && toCheckpoint(row);
  }

  async append({ size, root, note }: SignedCheckpoint): Promise<void> {
    await this.manager.query(
      'INSERT INTO signer.signed_checkpoint (origin, size, root, note) VALUES ($1, $2, $3, $4)',
      [this.origin, size.toString(), Buffer.from(root), note],
    );
  }

  open(): Promise<void> {
    return this.putFence({ isClosed: false });
  }

  close(): Promise<void> {
    return this.putFence({ isClosed: true });
  }

  async noteReopening({ reason, size, notes, vouched }: LogReopening): Promise<void> {
    await this.manager.query(
      'INSERT INTO signer.log_reopening (origin, reason, size, notes, vouched) VALUES ($1, $2, $3, $4, $5)',
      [this.origin, reason, size.toString(), notes, vouched],
    );
  }

  private async putFence({ isClosed }: { isClosed: boolean }): Promise<void> {
    const { systemIdentifier, timeline } = this.record.present;
    await this.manager.query(PUT_FENCE_SQL, [this.origin, systemIdentifier, timeline, isClosed]);
  }
}

async function readRecord(manager: EntityManager, origin: string): Promise<LogRecord> {
  const [place] = (await manager.query(PLACE_SQL)) as [PlaceRow];
  const [fence] = (await manager.query(FENCE_SQL, [origin])) as FenceRow[];
  const [last] = (await manager.query(
    // The table's name keeps the order numeric: plain `size` would mean the text column of the result.
    `SELECT size::text, root, note FROM signer.signed_checkpoint AS signed
     WHERE origin = $1 ORDER BY signed.size DESC LIMIT 1`,
    [origin],
  )) as CheckpointRow[];
  const { isReplicated, ...present } = place;
  return { last: last && toCheckpoint(last), fence: fence && toFence(fence), present, isReplicated };
}

function toFence({ isCopy, isClosed, ...place }: FenceRow): LogRecord['fence'] {
  return { place, isCopy, isClosed };
}

function toCheckpoint(row: CheckpointRow): SignedCheckpoint {
  return { size: BigInt(row.size), root: new Uint8Array(row.root), note: row.note };
}
