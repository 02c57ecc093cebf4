import { lockInTransaction, withDatabase } from '@touchstone/postgres';
import type { DataSource } from 'typeorm';
import type { CheckpointStore, SignedCheckpoint } from '../domain/ports.js';

interface Row {
  readonly size: string;
  readonly root: Buffer;
  readonly note: string;
}

/** Keeps signed checkpoints; the lock is held from reading the last one to the commit of the next. */
export class PostgresCheckpointStore implements CheckpointStore {
  constructor(private readonly dataSource: DataSource) {}

  withLast(
    origin: string,
    decide: (last: SignedCheckpoint | undefined) => Promise<SignedCheckpoint>,
  ): Promise<SignedCheckpoint> {
    return withDatabase(() =>
      this.dataSource.transaction(async (manager) => {
        await lockInTransaction(manager, 'log', origin);
        const rows: Row[] = await manager.query(
          // The table's name keeps the order numeric: plain `size` would mean the text column of the result.
          `SELECT size::text, root, note FROM signer.signed_checkpoint AS signed
         WHERE origin = $1 ORDER BY signed.size DESC LIMIT 1`,
          [origin],
        );
        const last = rows[0] && toCheckpoint(rows[0]);
        const next = await decide(last);
        if (next !== last) {
          await manager.query(
            'INSERT INTO signer.signed_checkpoint (origin, size, root, note) VALUES ($1, $2, $3, $4)',
            [origin, next.size.toString(), Buffer.from(next.root), next.note],
          );
        }
        return next;
      }),
    );
  }
}

function toCheckpoint(row: Row): SignedCheckpoint {
  return { size: BigInt(row.size), root: new Uint8Array(row.root), note: row.note };
}
