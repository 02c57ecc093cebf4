import { bytesToHex } from '@touchstone/crypto';
import { withDatabase, type Outbox } from '@touchstone/postgres';
import type { DataSource, EntityManager } from 'typeorm';
import { currentAttempt, type Attempt, type FinalAnchor, type OpenAnchor } from '../domain/anchor/anchor.js';
import type {
  AnchorableCheckpoint,
  AnchorDraft,
  AnchorHistory,
  AnchorStore,
  Receipt,
} from '../domain/anchor/anchor-ports.js';
import { OPEN_ANCHORS_SQL, toOpenAnchor, type OpenAnchorRow } from './anchor-rows.js';
import { ANCHOR_SCHEMA as schema } from './schema.js';

/** Columns that a change of state sets; those left out keep their value. */
interface Change {
  readonly state: string;
  readonly block_number?: string | null;
  readonly block_hash?: string | null;
  readonly transaction?: string | null;
  readonly gas_used?: string | null;
  readonly failure?: string | null;
  readonly proof?: string;
  readonly final_at?: string;
}

/** Anchors of one network in PostgreSQL. */
export class AnchorRepository implements AnchorStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly outbox: Outbox,
    private readonly network: string,
  ) {}

  async anchorable(): Promise<AnchorableCheckpoint | undefined> {
    const [row] = await this.query<{ size: string; note: string }>(
      `SELECT size::text AS size, note FROM ${schema}.checkpoint AS newest
       WHERE newest.size > coalesce((SELECT max(checkpoint_size) FROM ${schema}.chain_anchor
                                     WHERE network = $1 AND state <> 'failed'), 0)
       ORDER BY newest.size DESC LIMIT 1`,
      [this.network],
    );
    return row && { size: BigInt(row.size), note: row.note };
  }

  async history(): Promise<AnchorHistory> {
    const [row] = await this.query<{ lastMs: number | null; failures: number }>(
      // The newest is that of the largest checkpoint: the times are those of clocks that may have been wrong.
      `SELECT (extract(epoch FROM (SELECT created_at FROM ${schema}.chain_anchor WHERE network = $1
                 ORDER BY checkpoint_size DESC, created_at DESC LIMIT 1)) * 1000)::float8 AS "lastMs",
              count(*) FILTER (WHERE state = 'failed' AND created_at > coalesce(
                (SELECT max(created_at) FROM ${schema}.chain_anchor WHERE network = $1 AND state <> 'failed'),
                '-infinity'))::int AS failures
       FROM ${schema}.chain_anchor WHERE network = $1`,
      [this.network],
    );
    return { lastCreatedAtMs: row?.lastMs ?? undefined, failuresInRow: row?.failures ?? 0 };
  }

  async open(): Promise<readonly OpenAnchor[]> {
    return (await this.query<OpenAnchorRow>(OPEN_ANCHORS_SQL, [this.network])).map(toOpenAnchor);
  }

  async nextNonce(submitter: string): Promise<number | undefined> {
    const [row] = await this.query<{ next: string }>(
      `SELECT next_nonce::text AS next FROM ${schema}.nonce_lane WHERE network = $1 AND submitter = $2`,
      [this.network, submitter],
    );
    return row && Number(row.next);
  }

  prepare(draft: AnchorDraft): Promise<boolean> {
    const { anchorId, checkpointSize, commitment, contract, submitter, attempt } = draft;
    return this.transaction(async (manager) => {
      if (!(await this.takeNonce(manager, submitter, attempt.nonce))) return false;
      const rows = (await manager.query(
        `INSERT INTO ${schema}.chain_anchor
           (anchor_id, network, checkpoint_size, commitment, contract, submitter, state, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, 'prepared', $7) ON CONFLICT DO NOTHING RETURNING 1`,
        [
          anchorId,
          this.network,
          checkpointSize.toString(),
          Buffer.from(commitment),
          contract,
          submitter,
          new Date(draft.createdAtMs).toISOString(),
        ],
      )) as unknown[];
      if (rows.length === 0) throw new Superseded();
      await insertAttempt(manager, anchorId, 1, attempt);
      return true;
    });
  }

  replace(anchor: OpenAnchor, attempt: Attempt): Promise<boolean> {
    return this.transaction(async (manager) => {
      if (!(await change(manager, anchor, { state: 'prepared', block_number: null, block_hash: null })))
        return false;
      const isNew = attempt.nonce !== currentAttempt(anchor).nonce;
      if (isNew && !(await this.takeNonce(manager, anchor.submitter, attempt.nonce))) throw new Superseded();
      await insertAttempt(manager, anchor.anchorId, anchor.attempts.length + 1, attempt);
      return true;
    });
  }

  markSent(anchor: OpenAnchor, atBlock: bigint): Promise<boolean> {
    return this.transaction(async (manager) => {
      if (!(await change(manager, anchor, { state: 'sent' }))) return false;
      await manager.query(
        `UPDATE ${schema}.anchor_attempt SET sent_at_block = $3 WHERE anchor_id = $1 AND attempt = $2`,
        [anchor.anchorId, anchor.attempts.length, atBlock.toString()],
      );
      return true;
    });
  }

  markIncluded(anchor: OpenAnchor, hash: string, { block, gasUsed }: Receipt): Promise<boolean> {
    return this.transaction((manager) =>
      change(manager, anchor, {
        state: 'included',
        block_number: block.number.toString(),
        block_hash: block.hash,
        transaction: hash,
        gas_used: gasUsed.toString(),
      }),
    );
  }

  markOrphaned(anchor: OpenAnchor): Promise<boolean> {
    const cleared = { block_number: null, block_hash: null, transaction: null, gas_used: null };
    return this.transaction((manager) => change(manager, anchor, { state: 'orphaned', ...cleared }));
  }

  markFailed(anchor: OpenAnchor, failure: string): Promise<boolean> {
    return this.transaction((manager) => change(manager, anchor, { state: 'failed', failure }));
  }

  finish(anchor: OpenAnchor, final: FinalAnchor): Promise<boolean> {
    const { transaction, blockNumber, proof } = final;
    const finalAt = new Date(final.finalAtMs).toISOString();
    return this.transaction(async (manager) => {
      const changed = await change(manager, anchor, {
        state: 'final',
        transaction,
        proof: JSON.stringify(proof),
        final_at: finalAt,
      });
      if (!changed) return false;
      await manager.query(
        `UPDATE ${schema}.model_anchors SET txid = $1, anchored_at = to_timestamp($2::float8)
         WHERE txid IS NULL AND log_index < $3`,
        [transaction, final.blockTime.toString(), anchor.checkpointSize.toString()],
      );
      await this.outbox.append(manager, 'evt.v1.anchor.anchor.final', {
        anchorId: anchor.anchorId,
        kind: 'evm',
        network: this.network,
        checkpointSize: anchor.checkpointSize.toString(),
        commitment: bytesToHex(anchor.commitment),
        level: 'finalized',
        transaction,
        blockNumber: blockNumber.toString(),
        proof: {
          header: proof.header,
          accountProof: [...proof.accountProof],
          storageProof: [...proof.storageProof],
        },
        finalAt,
      });
      return true;
    });
  }

  /** Of two that want the same nonce the row lets one have it. */
  private async takeNonce(manager: EntityManager, submitter: string, nonce: number): Promise<boolean> {
    const rows = (await manager.query(
      `INSERT INTO ${schema}.nonce_lane AS lane (network, submitter, next_nonce) VALUES ($1, $2, $3::bigint + 1)
       ON CONFLICT (network, submitter) DO UPDATE SET next_nonce = excluded.next_nonce
         WHERE lane.next_nonce <= $3::bigint RETURNING 1`,
      [this.network, submitter, nonce],
    )) as unknown[];
    return rows.length === 1;
  }

  private query<T>(sql: string, parameters: unknown[]): Promise<T[]> {
    return withDatabase(() => this.dataSource.query(sql, parameters) as Promise<T[]>);
  }

  private transaction(work: (manager: EntityManager) => Promise<boolean>): Promise<boolean> {
    return withDatabase(async () => {
      try {
        return await this.dataSource.transaction(work);
      } catch (error) {
        if (error instanceof Superseded) return false;
        throw error;
      }
    });
  }
}

/** Rolls a transaction back because somebody else was faster. */
class Superseded extends Error {}

/** Changes an anchor that nobody changed meanwhile. */
async function change(manager: EntityManager, anchor: OpenAnchor, columns: Change): Promise<boolean> {
  const names = Object.keys(columns);
  const assignments = names.map((name, place) => `${name} = $${place + 3}`);
  const [, count] = (await manager.query(
    `UPDATE ${schema}.chain_anchor SET revision = revision + 1, ${assignments.join(', ')}
     WHERE anchor_id = $1 AND revision = $2`,
    [anchor.anchorId, anchor.revision, ...Object.values(columns)],
  )) as [unknown[], number];
  return count === 1;
}

async function insertAttempt(
  manager: EntityManager,
  anchorId: string,
  place: number,
  attempt: Attempt,
): Promise<void> {
  const { nonce, raw, hash, gas, maxFeePerGas, maxPriorityFeePerGas } = attempt;
  await manager.query(
    `INSERT INTO ${schema}.anchor_attempt
       (anchor_id, attempt, nonce, raw, hash, gas, max_fee_per_gas, max_priority_fee_per_gas)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      anchorId,
      place,
      nonce,
      raw,
      hash,
      gas.toString(),
      maxFeePerGas.toString(),
      maxPriorityFeePerGas.toString(),
    ],
  );
}
