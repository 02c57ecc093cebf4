import { bytesToHex } from '@touchstone/crypto';
import { consistencyNodes, type NodeId } from '@touchstone/merkle';
import { fromBytea, withDatabase, type Outbox } from '@touchstone/postgres';
import type { DataSource, EntityManager } from 'typeorm';
import type {
  CheckpointIntent,
  CheckpointStore,
  LogIdentity,
  SignedCheckpoint,
  TreeHead,
} from '../domain/checkpoint/ports.js';
import { logRoot } from '../domain/log/log-head.js';
import { lockLog } from './log-writer.js';
import { ANCHOR_SCHEMA as schema } from './schema.js';

interface HeadRow {
  readonly size: string;
  readonly root: Buffer;
}

/** Checkpoints in PostgreSQL. */
export class PostgresCheckpointStore implements CheckpointStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly outbox: Outbox,
  ) {}

  intend(): Promise<CheckpointIntent | undefined> {
    return withDatabase(() =>
      this.dataSource.transaction(async (manager) => {
        const head = await lockLog(manager);
        const last = await lastCheckpoint(manager);
        const [stored] = (await manager.query(
          `SELECT intent_size::text AS size, intent_root AS root FROM ${schema}.log_state WHERE intent_size IS NOT NULL`,
        )) as HeadRow[];
        if (stored) return { ...toHead(stored), last };
        if (head.size === (last?.size ?? 0n)) return undefined;
        const root = logRoot(head);
        await manager.query(
          `UPDATE ${schema}.log_state SET intent_size = $1, intent_root = $2 WHERE id = 1`,
          [head.size.toString(), Buffer.from(root)],
        );
        return { size: head.size, root, last };
      }),
    );
  }

  last(): Promise<TreeHead | undefined> {
    return withDatabase(() => lastCheckpoint(this.dataSource.manager));
  }

  consistency(from: bigint, to: bigint): Promise<Uint8Array[]> {
    const plan = consistencyNodes(from, to);
    return withDatabase(async () => plan.fold(await readNodes(this.dataSource.manager, plan.ids)));
  }

  publish(checkpoint: SignedCheckpoint): Promise<boolean> {
    const { origin, size, root, note, publishedAt } = checkpoint;
    return withDatabase(() =>
      this.dataSource.transaction(async (manager) => {
        await lockLog(manager);
        const inserted = (await manager.query(
          `INSERT INTO ${schema}.checkpoint (size, root, note, published_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT DO NOTHING RETURNING 1`,
          [size.toString(), Buffer.from(root), note, publishedAt],
        )) as unknown[];
        await manager.query(
          `UPDATE ${schema}.log_state SET intent_size = NULL, intent_root = NULL WHERE intent_size = $1`,
          [size.toString()],
        );
        if (inserted.length === 0) return false;
        await this.outbox.append(manager, 'evt.v1.anchor.checkpoint.published', {
          origin,
          size: size.toString(),
          root: bytesToHex(root),
          note,
          publishedAt,
        });
        return true;
      }),
    );
  }

  pinIdentity({ origin, vkey }: LogIdentity): Promise<LogIdentity> {
    return withDatabase(async () => {
      await this.dataSource.query(
        `UPDATE ${schema}.log_state SET origin = $1, vkey = $2 WHERE id = 1 AND origin IS NULL`,
        [origin, vkey],
      );
      const [pinned] = (await this.dataSource.query(
        `SELECT origin, vkey FROM ${schema}.log_state WHERE id = 1`,
      )) as [LogIdentity];
      return pinned;
    });
  }
}

async function lastCheckpoint(manager: EntityManager): Promise<TreeHead | undefined> {
  const [row] = (await manager.query(
    `SELECT size::text AS size, root FROM ${schema}.checkpoint AS last ORDER BY last.size DESC LIMIT 1`,
  )) as HeadRow[];
  return row && toHead(row);
}

/** Hashes of nodes, in the order of their ids. */
async function readNodes(manager: EntityManager, ids: readonly NodeId[]): Promise<Uint8Array[]> {
  const rows = (await manager.query(
    `SELECT hash FROM unnest($1::smallint[], $2::bigint[]) WITH ORDINALITY AS wanted (level, index, place)
     JOIN ${schema}.log_node USING (level, index) ORDER BY place`,
    [ids.map(({ level }) => level), ids.map(({ index }) => index.toString())],
  )) as { hash: Buffer }[];
  return rows.map(({ hash }) => fromBytea(hash));
}

function toHead({ size, root }: HeadRow): TreeHead {
  return { size: BigInt(size), root: fromBytea(root) };
}
