import { toBytea, withDatabase } from '@touchstone/postgres';
import type { DataSource } from 'typeorm';
import type {
  AnchorReader,
  AnchorRecord,
  CheckpointRecord,
  ListedAnchor,
  NetworkFigures,
  PipelineFigures,
} from '../domain/anchor/anchor-reader.js';
import { FINAL_NETWORKS_SQL } from './network-anchors.js';
import { networkFigures } from './network-figures.js';
import { ANCHOR_SCHEMA as schema } from './schema.js';

const HEX32 = /^[0-9a-f]{64}$/;

interface RootRow extends Omit<ListedAnchor, 'logIndex' | 'anchoredAt'> {
  readonly anchoredAt: string;
  readonly logIndex: string;
}

interface FiguresRow {
  readonly logSize: string;
  readonly checkpointSize: string;
  readonly pendingLeaves: number;
  readonly oldestPendingSeconds: number;
}

const utc = (column: string): string =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** Reads anchors, checkpoints and figures in SQL. */
export class PostgresAnchorReader implements AnchorReader {
  constructor(private readonly dataSource: DataSource) {}

  async roots(
    id: string,
    { limit, before }: { limit: number; before: bigint | undefined },
  ): Promise<readonly ListedAnchor[] | undefined> {
    const versions = await this.versionsOf(id);
    if (versions.length === 0) return undefined;
    const rows = await this.query<RootRow>(
      `SELECT encode(root, 'hex') AS root, version_id AS "versionId", log_index::text AS "logIndex",
              floor(extract(epoch FROM coalesce(made.anchored_at, listed.anchored_at)))::text AS "anchoredAt",
              kind, network, CASE WHEN block_number IS NULL THEN NULL ELSE transaction END AS txid
       FROM (SELECT merkle_root AS root, version_id, log_index, anchored_at FROM ${schema}.model_anchors AS own
             WHERE model_version_id = ANY($1::bytea[]) AND ($2::bigint IS NULL OR own.log_index < $2)
             ORDER BY own.log_index DESC LIMIT $3) AS listed
       LEFT JOIN LATERAL (
         SELECT first.* FROM (${FINAL_NETWORKS_SQL}) AS named CROSS JOIN LATERAL (
           SELECT kind, network, transaction, block_number, anchored_at FROM ${schema}.chain_anchor
           WHERE chain_anchor.network = named.network AND state = 'final' AND checkpoint_size > listed.log_index
           ORDER BY checkpoint_size LIMIT 1
         ) AS first
       ) AS made ON true
       ORDER BY listed.log_index DESC, "anchoredAt", network`,
      [versions, before?.toString() ?? null, limit],
    );
    return rows.map(({ logIndex, anchoredAt, ...row }) => ({
      ...row,
      anchoredAt: Number(anchoredAt),
      logIndex: BigInt(logIndex),
    }));
  }

  /** A batch is covered by the anchor of the smallest checkpoint that holds it. */
  async anchor(id: string): Promise<AnchorRecord | undefined> {
    const [row] = await this.query<AnchorRecord>(
      `SELECT anchor_id AS "anchorId", kind, network, state, checkpoint_size::text AS "checkpointSize",
              encode(commitment, 'hex') AS commitment, contract, submitter, transaction,
              block_number::text AS "blockNumber", failure, ${utc('created_at')} AS "createdAt",
              ${utc('final_at')} AS "finalAt", proof,
              CASE state WHEN 'final' THEN 'finalized'
                WHEN 'included' THEN CASE WHEN safe_hash = block_hash THEN 'safe' ELSE 'soft' END END AS level
       FROM ${schema}.chain_anchor AS found
       WHERE anchor_id = $1 OR (state <> 'failed' AND found.checkpoint_size >
               (SELECT log_index FROM ${schema}.model_anchors WHERE model_anchors.anchor_id = $1))
       ORDER BY anchor_id = $1 DESC, found.checkpoint_size LIMIT 1`,
      [id],
    );
    return row;
  }

  async latestCheckpoint(): Promise<CheckpointRecord | undefined> {
    const [row] = await this.query<CheckpointRecord>(
      `SELECT size::text AS size, encode(root, 'hex') AS root, note, ${utc('published_at')} AS "publishedAt"
       FROM ${schema}.checkpoint AS newest ORDER BY newest.size DESC LIMIT 1`,
    );
    return row;
  }

  async figures(): Promise<PipelineFigures> {
    const [row] = await this.query<FiguresRow>(
      `SELECT size::text AS "logSize",
              (SELECT coalesce(max(c.size), 0)::text FROM ${schema}.checkpoint AS c) AS "checkpointSize",
              waiting.count AS "pendingLeaves", waiting.age AS "oldestPendingSeconds"
       FROM ${schema}.log_state CROSS JOIN (
         SELECT count(*)::int AS count,
                coalesce(extract(epoch FROM clock_timestamp() - min(accepted_at)), 0)::float8 AS age
         FROM ${schema}.leaf WHERE batch_id IS NULL
       ) AS waiting`,
    );
    const { logSize = '0', checkpointSize = '0', pendingLeaves = 0, oldestPendingSeconds = 0 } = row ?? {};
    return {
      logSize: BigInt(logSize),
      checkpointSize: BigInt(checkpointSize),
      pendingLeaves,
      oldestPendingSeconds,
    };
  }

  networks(): Promise<readonly NetworkFigures[]> {
    return networkFigures(this.dataSource);
  }

  private async versionsOf(id: string): Promise<Buffer[]> {
    const rows = await this.query<{ version: Buffer }>(
      `SELECT model_version_id AS version FROM ${schema}.model WHERE model_id = $1 OR model_version_id = $2`,
      [id, HEX32.test(id) ? toBytea(id) : null],
    );
    return rows.map(({ version }) => version);
  }

  private query<T>(sql: string, parameters: unknown[] = []): Promise<T[]> {
    return withDatabase(() => this.dataSource.query(sql, parameters) as Promise<T[]>);
  }
}
