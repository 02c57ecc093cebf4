import { toBytea, withDatabase } from '@touchstone/postgres';
import type { DataSource, EntityManager } from 'typeorm';
import type { Intake, IntakeStore, PlacedEntry, SealedBatch, SignedEvents } from '../domain/ingest/intake.js';
import { PROOF_SCHEMA as schema } from './schema.js';

/** Stores deliveries. Every insert leaves alone what is there, so that a message may come any number of times. */
export class PostgresIntakeStore implements IntakeStore {
  constructor(private readonly dataSource: DataSource) {}

  store(intake: Intake): Promise<readonly bigint[]> {
    return withDatabase(() =>
      this.dataSource.transaction(async (manager) => {
        await insertCommitments(manager, intake.commitments);
        await insertOutputs(manager, intake.outputs);
        const conflicts = await insertEntries(manager, intake.entries);
        await insertBatches(
          manager,
          intake.batches.filter(({ logIndex }) => !conflicts.includes(logIndex)),
        );
        await insertEvents(manager, intake.events);
        await insertCheckpoints(manager, intake.checkpoints);
        await insertAnchors(manager, intake.anchors);
        await insertProofs(manager, intake.proofs);
        return conflicts;
      }),
    );
  }
}

/** In one order everywhere: two replicas that store the same rows must not wait for each other in a circle. */
function inOrder<T>(items: readonly T[], key: (item: T) => string | bigint): T[] {
  return [...items].sort((left, right) => (key(left) < key(right) ? -1 : 1));
}

async function insertCommitments(manager: EntityManager, found: Intake['commitments']): Promise<void> {
  if (found.length === 0) return;
  const rows = inOrder(found, ({ commitmentHash }) => commitmentHash);
  await manager.query(
    `INSERT INTO ${schema}.model_commitment (commitment_hash, model_version_id)
     SELECT * FROM unnest($1::bytea[], $2::bytea[]) ON CONFLICT DO NOTHING`,
    [
      rows.map(({ commitmentHash }) => toBytea(commitmentHash)),
      rows.map(({ modelVersionId }) => toBytea(modelVersionId)),
    ],
  );
}

async function insertOutputs(manager: EntityManager, found: Intake['outputs']): Promise<void> {
  if (found.length === 0) return;
  const rows = inOrder(found, ({ verificationId }) => verificationId);
  await manager.query(
    `INSERT INTO ${schema}.output (verification_id, leaf, commitment_hash, record, recorded_at)
     SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::text[], $5::timestamptz[])
     ON CONFLICT DO NOTHING`,
    [
      rows.map(({ verificationId }) => verificationId),
      rows.map(({ leaf }) => toBytea(leaf)),
      rows.map(({ commitmentHash }) => toBytea(commitmentHash)),
      rows.map(({ record }) => record),
      rows.map(({ recordedAt }) => recordedAt),
    ],
  );
}

/** @returns the places where another entry stands */
async function insertEntries(manager: EntityManager, found: readonly PlacedEntry[]): Promise<bigint[]> {
  if (found.length === 0) return [];
  const rows = inOrder(found, ({ logIndex }) => logIndex);
  const columns = [rows.map(({ logIndex }) => logIndex.toString()), rows.map(({ text }) => text)];
  await manager.query(
    `INSERT INTO ${schema}.log_entry (log_index, entry)
     SELECT * FROM unnest($1::bigint[], $2::text[]) ON CONFLICT DO NOTHING`,
    columns,
  );
  const conflicts = (await manager.query(
    `SELECT DISTINCT log_index::text AS place FROM unnest($1::bigint[], $2::text[]) AS given (log_index, entry)
     JOIN ${schema}.log_entry AS stored USING (log_index) WHERE stored.entry <> given.entry`,
    columns,
  )) as { place: string }[];
  const places = conflicts.map(({ place }) => BigInt(place));
  await insertObjects(
    manager,
    rows.filter(({ isObject, logIndex }) => isObject && !places.includes(logIndex)),
  );
  return places;
}

async function insertObjects(manager: EntityManager, rows: readonly PlacedEntry[]): Promise<void> {
  if (rows.length === 0) return;
  await manager.query(
    `INSERT INTO ${schema}.log_object (sha256, log_index)
     SELECT sha256(convert_to(entry, 'UTF8')), log_index FROM unnest($1::bigint[], $2::text[]) AS given (log_index, entry)
     ON CONFLICT DO NOTHING`,
    [rows.map(({ logIndex }) => logIndex.toString()), rows.map(({ text }) => text)],
  );
}

async function insertBatches(manager: EntityManager, found: readonly SealedBatch[]): Promise<void> {
  for (const batch of inOrder(found, ({ logIndex }) => logIndex)) {
    const inserted = (await manager.query(
      `INSERT INTO ${schema}.batch (log_index, batch_id, leaf_count, nodes, sealed_at, tree_profile)
       VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT DO NOTHING RETURNING 1`,
      [
        batch.logIndex.toString(),
        batch.batchId,
        batch.leaves.length,
        Buffer.from(batch.nodes),
        batch.sealedAt,
        batch.treeProfile,
      ],
    )) as unknown[];
    if (inserted.length === 0) continue;
    await manager.query(
      `INSERT INTO ${schema}.batch_leaf (log_index, leaf_index, leaf)
       SELECT $1, place - 1, leaf FROM unnest($2::bytea[]) WITH ORDINALITY AS given (leaf, place)`,
      [batch.logIndex.toString(), batch.leaves.map(toBytea)],
    );
  }
}

async function insertEvents(manager: EntityManager, found: readonly SignedEvents[]): Promise<void> {
  for (const { signed, events, signedAt } of inOrder(found, ({ signed }) => signed.batchId)) {
    const inserted = (await manager.query(
      `INSERT INTO ${schema}.event_batch (batch_id, evidence_id, held, body, signed_at) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT DO NOTHING RETURNING 1`,
      [signed.batchId, signed.evidenceId, events !== null, JSON.stringify(signed), signedAt],
    )) as unknown[];
    if (inserted.length === 0 || events === null) continue;
    await manager.query(
      `INSERT INTO ${schema}.event (batch_id, leaf_index, event_id, event)
       SELECT $1, place - 1, event_id, event
       FROM unnest($2::bytea[], $3::text[]) WITH ORDINALITY AS given (event_id, event, place)`,
      [signed.batchId, events.map(({ id }) => Buffer.from(id)), events.map(({ canonical }) => canonical)],
    );
  }
}

async function insertCheckpoints(manager: EntityManager, found: Intake['checkpoints']): Promise<void> {
  if (found.length === 0) return;
  const rows = inOrder(found, ({ commitment }) => Buffer.from(commitment).toString('hex'));
  await manager.query(
    `INSERT INTO ${schema}.checkpoint (commitment, size, root, note, published_at)
     SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bytea[], $4::text[], $5::timestamptz[])
     ON CONFLICT DO NOTHING`,
    [
      rows.map(({ commitment }) => toBytea(commitment)),
      rows.map(({ size }) => size.toString()),
      rows.map(({ root }) => toBytea(root)),
      rows.map(({ note }) => note),
      rows.map(({ publishedAt }) => publishedAt),
    ],
  );
}

async function insertAnchors(manager: EntityManager, found: Intake['anchors']): Promise<void> {
  if (found.length === 0) return;
  const rows = inOrder(found, ({ anchorId }) => anchorId);
  await manager.query(
    `INSERT INTO ${schema}.anchor (anchor_id, kind, commitment, network, proof, transaction, block_number, final_at)
     SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::text[], $5::text[], $6::text[], $7::numeric[],
                          $8::timestamptz[])
     ON CONFLICT DO NOTHING`,
    [
      rows.map(({ anchorId }) => anchorId),
      rows.map(({ kind }) => kind),
      rows.map(({ commitment }) => toBytea(commitment)),
      rows.map(({ network }) => network),
      rows.map(({ proof }) => proof),
      rows.map(({ transaction }) => transaction),
      rows.map(({ blockNumber }) => blockNumber),
      rows.map(({ finalAt }) => finalAt),
    ],
  );
}

/**
 * The first proof of an output stays. Last in the transaction and one after the other, so that the largest place that a reader sees
 * tells whether any proof came since: of two that overlapped, the earlier place could be committed later.
 */
async function insertProofs(manager: EntityManager, found: Intake['proofs']): Promise<void> {
  if (found.length === 0) return;
  await manager.query(`LOCK TABLE ${schema}.execution_proof IN SHARE ROW EXCLUSIVE MODE`);
  await manager.query(
    `INSERT INTO ${schema}.execution_proof (verification_id, zk, proved_at)
     SELECT * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) ON CONFLICT DO NOTHING`,
    [
      found.map(({ verificationId }) => verificationId),
      found.map(({ zk }) => zk),
      found.map(({ provedAt }) => provedAt),
    ],
  );
}
