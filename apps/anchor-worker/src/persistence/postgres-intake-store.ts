import { AppError } from '@touchstone/contracts';
import { toBytea, withDatabase, type Outbox, type OutboxEvent } from '@touchstone/postgres';
import type { DataSource, EntityManager } from 'typeorm';
import { leafHashOfText } from '@touchstone/merkle';
import type { AcceptedLeaf } from '../domain/leaf/accepted-leaf.js';
import type { EventBatch } from '../domain/batch/event-batch.js';
import type { Accepted, Intaken, IntakeStore } from '../domain/leaf/intake.js';
import type { ObjectEntry } from '../domain/log/object-entry.js';
import { insertEventBatches, withoutKnownBatches } from './event-batches.js';
import { appendToLog, lockLog, type NewEntry } from './log-writer.js';
import { ANCHOR_SCHEMA as schema } from './schema.js';

/** Leaves, and entries that come complete, in PostgreSQL. Unique keys make a second delivery harmless. */
export class PostgresIntakeStore implements IntakeStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly outbox: Outbox,
  ) {}

  accept(delivery: Accepted): Promise<Intaken> {
    return withDatabase(() =>
      this.dataSource.transaction(async (manager) => {
        await rememberModels(manager, delivery);
        return {
          leaves: await insertLeaves(manager, delivery.leaves),
          ...(await this.append(manager, delivery)),
        };
      }),
    );
  }

  private async append(
    manager: EntityManager,
    { entries, batches }: Pick<Accepted, 'entries' | 'batches'>,
  ): Promise<Pick<Intaken, 'entries' | 'batches'>> {
    if (entries.length + batches.length === 0) return { entries: 0, batches: 0 };
    const head = await lockLog(manager);
    const objects = await withoutKnown(manager, entries);
    const signed = await withoutKnownBatches(manager, batches);
    const fresh: NewEntry[] = [...objects, ...signed.map(({ text }) => ({ kind: 'batch', text }) as const)];
    if (fresh.length > 0) {
      const first = await appendToLog(manager, head, fresh);
      const firstBatch = first + BigInt(objects.length);
      if (signed.length > 0) await insertEventBatches(manager, signed, firstBatch);
      await this.outbox.appendMany(manager, [
        ...objects.map((entry, place) => appendedEvent(entry, first + BigInt(place))),
        ...signed.map((batch, place) => sealedEvent(batch, firstBatch + BigInt(place))),
      ]);
    }
    return { entries: objects.length, batches: signed.length };
  }
}

function appendedEvent({ text }: ObjectEntry, logIndex: bigint): OutboxEvent {
  return {
    subject: 'evt.v1.anchor.entry.appended',
    body: { logIndex: logIndex.toString(), entry: text },
  };
}

function sealedEvent({ batchId, text, leaves, sealedAt }: EventBatch, logIndex: bigint): OutboxEvent {
  return {
    subject: 'evt.v1.anchor.batch.sealed',
    body: { batchId, logIndex: logIndex.toString(), entry: text, leaves: [...leaves], sealedAt },
  };
}

/**
 * One statement for the whole delivery; ids rise in the order of the stream, which is the order of acceptance. A
 * leaf that is missing afterwards has lost its nonce to another one, which must not be passed over in silence.
 */
async function insertLeaves(manager: EntityManager, leaves: readonly AcceptedLeaf[]): Promise<number> {
  if (leaves.length === 0) return 0;
  const hashes = leaves.map(({ leaf }) => Buffer.from(leaf));
  const inserted = (await manager.query(
    `INSERT INTO ${schema}.leaf (leaf_hash, model_version_id, nonce, verification_id)
     SELECT leaf_hash, model_version_id, nonce, verification_id
     FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::uuid[])
       WITH ORDINALITY AS new (leaf_hash, model_version_id, nonce, verification_id, place)
     ORDER BY place ON CONFLICT DO NOTHING RETURNING 1`,
    [
      hashes,
      leaves.map(({ modelVersionId }) => toBytea(modelVersionId)),
      leaves.map(({ nonce }) => toBytea(nonce)),
      leaves.map(({ verificationId }) => verificationId),
    ],
  )) as unknown[];
  if (inserted.length === leaves.length) return inserted.length;
  const missing = (await manager.query(
    `SELECT encode(new.nonce, 'hex') AS nonce FROM unnest($1::bytea[], $2::bytea[]) AS new (leaf_hash, nonce)
     WHERE NOT EXISTS (SELECT 1 FROM ${schema}.leaf WHERE leaf.leaf_hash = new.leaf_hash) LIMIT 1`,
    [hashes, leaves.map(({ nonce }) => toBytea(nonce))],
  )) as { nonce: string }[];
  if (missing[0]) throw new AppError('conflict', `Nonce ${missing[0].nonce} has another leaf already.`);
  return inserted.length;
}

async function rememberModels(
  manager: EntityManager,
  { leaves, entries }: Pick<Accepted, 'leaves' | 'entries'>,
): Promise<void> {
  const models = new Map<string, string>();
  for (const { modelVersionId, modelId } of [...entries.flatMap(({ model }) => model ?? []), ...leaves])
    models.set(modelVersionId, modelId);
  if (models.size === 0) return;
  // Sorted, so that two deliveries at the same time cannot wait for each other.
  const ids = [...models.keys()].sort();
  await manager.query(
    `INSERT INTO ${schema}.model AS known (model_version_id, model_id)
     SELECT * FROM unnest($1::bytea[], $2::text[])
     ON CONFLICT (model_version_id) DO UPDATE SET model_id = excluded.model_id
       WHERE known.model_id <> excluded.model_id`,
    [ids.map(toBytea), ids.map((id) => models.get(id))],
  );
}

/** Entries that are not in the log yet, each once. */
async function withoutKnown(manager: EntityManager, entries: readonly ObjectEntry[]): Promise<ObjectEntry[]> {
  const byText = new Map(entries.map((entry) => [entry.text, entry]));
  const hashOf = (text: string): string => Buffer.from(leafHashOfText(text)).toString('hex');
  const hashes = new Map([...byText.keys()].map((text) => [hashOf(text), text]));
  const known = (await manager.query(
    `SELECT encode(leaf_hash, 'hex') AS hash FROM ${schema}.log_entry WHERE leaf_hash = ANY($1::bytea[])`,
    [[...hashes.keys()].map(toBytea)],
  )) as { hash: string }[];
  for (const { hash } of known) byText.delete(hashes.get(hash) ?? '');
  return [...byText.values()];
}
