import { bytesToHex } from '@touchstone/crypto';
import { fromBytea, toBytea, withDatabase, type Outbox, type OutboxEvent } from '@touchstone/postgres';
import type { DataSource, EntityManager } from 'typeorm';
import type { Batch } from '../domain/batch/build-batch.js';
import type { PendingLeaves } from '../domain/batch/due-batches.js';
import type { ChooseDue, MakeBatch, SealingStore } from '../domain/batch/sealing.js';
import { appendToLog, lockLog } from './log-writer.js';
import { ANCHOR_SCHEMA as schema } from './schema.js';

interface ChosenRow {
  readonly id: string;
  readonly leaf_hash: Buffer;
}

interface FilledBatch {
  readonly batch: Batch;
  readonly leafIds: readonly string[];
}

/** Batches in PostgreSQL. */
export class PostgresSealingStore implements SealingStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly outbox: Outbox,
  ) {}

  pending(countMax: number): Promise<readonly PendingLeaves[]> {
    return withDatabase(() => pendingLeaves(this.dataSource.manager, countMax));
  }

  seal(leavesMax: number, choose: ChooseDue, make: MakeBatch): Promise<readonly Batch[]> {
    return withDatabase(() =>
      this.dataSource.transaction(async (manager) => {
        const head = await lockLog(manager);
        const filled: FilledBatch[] = [];
        for (const modelVersionId of choose(await pendingLeaves(manager, leavesMax))) {
          const rows = await takeLeaves(manager, modelVersionId, leavesMax);
          const batch = make(
            modelVersionId,
            rows.map((row) => fromBytea(row.leaf_hash)),
          );
          filled.push({ batch, leafIds: rows.map(({ id }) => id) });
        }
        if (filled.length === 0) return [];
        const entries = filled.map(({ batch }) => ({ kind: 'batch', text: batch.entry }) as const);
        const first = await appendToLog(manager, head, entries);
        await writeBatches(manager, filled, first);
        await this.outbox.appendMany(manager, sealedEvents(filled, first));
        return filled.map(({ batch }) => batch);
      }),
    );
  }
}

/**
 * What waits, by model version. The recursion jumps from one model version to the next through the partial index,
 * and counts stop at the size of a batch, so that a long queue costs no more than a short one. Ages are the
 * database's: replicas agree on them whatever their clocks say.
 */
async function pendingLeaves(manager: EntityManager, countMax: number): Promise<PendingLeaves[]> {
  const rows = (await manager.query(
    `WITH RECURSIVE version (id) AS (
       (SELECT model_version_id FROM ${schema}.leaf WHERE batch_id IS NULL ORDER BY model_version_id LIMIT 1)
       UNION ALL
       SELECT (SELECT model_version_id FROM ${schema}.leaf
               WHERE batch_id IS NULL AND model_version_id > version.id ORDER BY model_version_id LIMIT 1)
       FROM version WHERE version.id IS NOT NULL
     )
     SELECT encode(version.id, 'hex') AS "modelVersionId", counted.count, oldest.age::float8 AS "oldestAgeMs"
     FROM version
     CROSS JOIN LATERAL (
       SELECT extract(epoch FROM clock_timestamp() - accepted_at) * 1000 AS age FROM ${schema}.leaf
       WHERE batch_id IS NULL AND model_version_id = version.id ORDER BY leaf.id LIMIT 1
     ) AS oldest
     CROSS JOIN LATERAL (
       SELECT count(*)::int AS count FROM (
         SELECT 1 FROM ${schema}.leaf WHERE batch_id IS NULL AND model_version_id = version.id LIMIT $1
       ) AS few
     ) AS counted`,
    [countMax],
  )) as PendingLeaves[];
  return rows;
}

function takeLeaves(manager: EntityManager, modelVersionId: string, leavesMax: number): Promise<ChosenRow[]> {
  return manager.query(
    `SELECT leaf.id::text AS id, leaf_hash FROM ${schema}.leaf
     WHERE batch_id IS NULL AND model_version_id = $1 ORDER BY leaf.id LIMIT $2`,
    [toBytea(modelVersionId), leavesMax],
  ) as Promise<ChosenRow[]>;
}

async function writeBatches(
  manager: EntityManager,
  filled: readonly FilledBatch[],
  first: bigint,
): Promise<void> {
  const column = <T>(read: (batch: Batch, place: number) => T): T[] =>
    filled.map(({ batch }, place) => read(batch, place));
  const ids = column(({ batchId }) => batchId);
  const versions = column(({ modelVersionId }) => toBytea(modelVersionId));
  const indexes = column((_batch, place) => (first + BigInt(place)).toString());
  const roots = column(({ root }) => Buffer.from(root));
  const times = column(({ sealedAt }) => sealedAt);
  await manager.query(
    `INSERT INTO ${schema}.batch (batch_id, model_version_id, log_index, root, leaf_count, sealed_at)
     SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::bigint[], $4::bytea[], $5::int[], $6::timestamptz[])`,
    [ids, versions, indexes, roots, column(({ leaves }) => leaves.length), times],
  );
  await manager.query(
    `INSERT INTO ${schema}.model_anchors (anchor_id, model_version_id, merkle_root, anchored_at, log_index)
     SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::timestamptz[], $5::bigint[])`,
    [ids, versions, roots, times, indexes],
  );
  for (const { batch, leafIds } of filled) {
    await manager.query(
      `UPDATE ${schema}.leaf SET batch_id = $1, leaf_index = chosen.place - 1
       FROM unnest($2::bigint[]) WITH ORDINALITY AS chosen (id, place) WHERE leaf.id = chosen.id`,
      [batch.batchId, leafIds],
    );
  }
}

function sealedEvents(filled: readonly FilledBatch[], first: bigint): OutboxEvent[] {
  return filled.map(({ batch }, place) => ({
    subject: 'evt.v1.anchor.batch.sealed',
    body: {
      batchId: batch.batchId,
      logIndex: (first + BigInt(place)).toString(),
      entry: batch.entry,
      leaves: batch.leaves.map(bytesToHex),
      sealedAt: batch.sealedAt,
    },
  }));
}
