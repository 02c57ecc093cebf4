import type { EntityManager } from 'typeorm';
import type { EventBatch } from '../domain/batch/event-batch.js';
import { ANCHOR_SCHEMA as schema } from './schema.js';

/** Batches that have no place in the log yet, each once; the caller holds the log's lock. */
export async function withoutKnownBatches(
  manager: EntityManager,
  batches: readonly EventBatch[],
): Promise<EventBatch[]> {
  const byId = new Map(batches.map((batch) => [batch.batchId, batch]));
  if (byId.size === 0) return [];
  const known = (await manager.query(
    `SELECT batch_id AS id FROM ${schema}.event_batch WHERE batch_id = ANY($1::uuid[])`,
    [[...byId.keys()]],
  )) as { id: string }[];
  for (const { id } of known) byId.delete(id);
  return [...byId.values()];
}

/** Remembers which batches took the places from `first` on. */
export async function insertEventBatches(
  manager: EntityManager,
  batches: readonly EventBatch[],
  first: bigint,
): Promise<void> {
  await manager.query(
    `INSERT INTO ${schema}.event_batch (batch_id, tenant, log_index, root, leaf_count, sealed_at)
     SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bytea[], $5::int[], $6::timestamptz[])`,
    [
      batches.map(({ batchId }) => batchId),
      batches.map(({ tenant }) => tenant),
      batches.map((_batch, place) => (first + BigInt(place)).toString()),
      batches.map(({ root }) => Buffer.from(root)),
      batches.map(({ leaves }) => leaves.length),
      batches.map(({ sealedAt }) => sealedAt),
    ],
  );
}
