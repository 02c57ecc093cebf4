import { bytesToHex } from '@touchstone/crypto';
import { withDatabase } from '@touchstone/postgres';
import type { Intent, LaneOwner, LaneTransaction, Placement, SignedFor } from '@touchstone/evm';
import { AppError } from '@touchstone/contracts';
import type { EntityManager } from 'typeorm';
import type { FinalAnchor, OpenAnchor } from '../domain/anchor/evm/anchor.js';
import type { AnchorDraft, AnchorStore, RefusedEvmAnchor } from '../domain/anchor/evm/ports.js';
import { OPEN_ANCHORS_SQL, toOpenAnchor, type OpenAnchorRow } from './anchor-row.js';
import { announceFinal } from './network-anchors.js';
import { PostgresTargetStore } from './postgres-target-store.js';
import { ANCHOR_SCHEMA as schema } from './schema.js';

/** Columns that a change of state sets; those left out keep their value. */
interface Change {
  readonly state: string;
  readonly block_number?: string | null;
  readonly block_hash?: string | null;
  readonly safe_hash?: string;
  readonly transaction?: string | null;
  readonly gas_used?: string | null;
  readonly failure?: string | null;
  readonly proof?: string;
  readonly final_at?: string;
}

/** Anchors of one network in PostgreSQL; each is stored in the transaction that signs for it. */
export class PostgresAnchorStore extends PostgresTargetStore implements AnchorStore, LaneOwner<AnchorDraft> {
  protected override readonly kind = 'evm';

  async open(): Promise<readonly OpenAnchor[]> {
    return (await this.query<OpenAnchorRow>(OPEN_ANCHORS_SQL, [this.network])).map(toOpenAnchor);
  }

  async claim(
    manager: EntityManager,
    intents: readonly Intent<AnchorDraft>[],
  ): Promise<ReadonlyMap<string, AppError>> {
    const rows = (await manager.query(
      `SELECT checkpoint_size::text AS size FROM ${schema}.chain_anchor
       WHERE network = $1 AND state <> 'failed' AND checkpoint_size = ANY($2::bigint[])`,
      [this.network, intents.map(({ details }) => details.checkpointSize.toString())],
    )) as { size: string }[];
    const anchored = new Set(rows.map(({ size }) => size));
    return new Map(
      intents
        .filter(({ details }) => anchored.has(details.checkpointSize.toString()))
        .map(({ subject, details }) => [subject, alreadyAnchored(details.checkpointSize)]),
    );
  }

  async signed(manager: EntityManager, signed: readonly SignedFor<AnchorDraft>[]): Promise<void> {
    for (const { transaction, details } of signed)
      await (details === undefined
        ? this.resubmit(manager, transaction)
        : this.insert(manager, transaction, details));
  }

  async wants(manager: EntityManager, { subject }: LaneTransaction): Promise<boolean> {
    const rows = (await manager.query(
      `SELECT 1 FROM ${schema}.chain_anchor WHERE anchor_id = $1 AND state NOT IN ('final', 'failed') FOR UPDATE`,
      [subject],
    )) as unknown[];
    return rows.length > 0;
  }

  private async insert(
    manager: EntityManager,
    { subject, account }: LaneTransaction,
    { checkpointSize, commitment, contract, costMax, createdAtMs }: AnchorDraft,
  ): Promise<void> {
    const rows = (await manager.query(
      `INSERT INTO ${schema}.chain_anchor
         (anchor_id, kind, network, checkpoint_size, commitment, contract, submitter, state, created_at, cost_max)
       VALUES ($1, 'evm', $2, $3, $4, $5, $6, 'prepared', $7, $8) ON CONFLICT DO NOTHING RETURNING 1`,
      [
        subject,
        this.network,
        checkpointSize.toString(),
        Buffer.from(commitment),
        contract,
        account,
        new Date(createdAtMs).toISOString(),
        costMax.toString(),
      ],
    )) as unknown[];
    if (rows.length === 0) throw alreadyAnchored(checkpointSize);
  }

  /** The registry keys records by their sender, so the account that signs now is the one to look for. */
  private async resubmit(manager: EntityManager, { subject, account }: LaneTransaction): Promise<void> {
    await manager.query(
      `UPDATE ${schema}.chain_anchor SET state = 'prepared', submitter = $2, revision = revision + 1,
         block_number = NULL, block_hash = NULL, transaction = NULL, gas_used = NULL WHERE anchor_id = $1`,
      [subject, account],
    );
  }

  markSent(anchor: OpenAnchor): Promise<boolean> {
    return this.transaction((manager) => change(manager, anchor, { state: 'sent' }));
  }

  markIncluded(anchor: OpenAnchor, { hash, block, gasUsed }: Placement, cost: bigint): Promise<boolean> {
    const placed = {
      ...{ state: 'included', block_number: block.number.toString(), block_hash: block.hash },
      ...{ transaction: hash, gas_used: gasUsed.toString() },
    };
    return this.transaction((manager) => change(manager, anchor, placed, cost));
  }

  markSafe(anchor: OpenAnchor): Promise<boolean> {
    const { block } = anchor;
    if (block === undefined) return Promise.resolve(false);
    return this.transaction((manager) =>
      change(manager, anchor, { state: anchor.state, safe_hash: block.hash }),
    );
  }

  markOrphaned(anchor: OpenAnchor): Promise<boolean> {
    const cleared = { block_number: null, block_hash: null, transaction: null, gas_used: null };
    return this.transaction((manager) => change(manager, anchor, { state: 'orphaned', ...cleared }));
  }

  markFailed(anchor: OpenAnchor, failure: string, cost: bigint | undefined): Promise<boolean> {
    const { checkpointSize } = anchor;
    return this.fail({ checkpointSize, reason: failure }, (manager) =>
      change(manager, anchor, { state: 'failed', failure }, cost),
    );
  }

  async refuse(refused: RefusedEvmAnchor): Promise<void> {
    const { anchorId, checkpointSize, commitment, contract, submitter, reason, createdAtMs, cost } = refused;
    await this.fail({ checkpointSize, reason }, async (manager) => {
      await manager.query(
        `INSERT INTO ${schema}.chain_anchor (anchor_id, kind, network, checkpoint_size, commitment, contract, submitter,
           state, failure, created_at, cost, cost_at)
         VALUES ($1, 'evm', $2, $3, $4, $5, $6, 'failed', $7, $8, $9, clock_timestamp())`,
        [
          ...[
            anchorId,
            this.network,
            checkpointSize.toString(),
            Buffer.from(commitment),
            contract,
            submitter,
          ],
          ...[reason, new Date(createdAtMs).toISOString(), cost.toString()],
        ],
      );
      return true;
    });
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
      const told = {
        anchorId: anchor.anchorId,
        kind: 'evm' as const,
        network: this.network,
        checkpointSize: anchor.checkpointSize.toString(),
        commitment: bytesToHex(anchor.commitment),
        level: 'finalized' as const,
        transaction,
        blockNumber: blockNumber.toString(),
        proof: {
          header: proof.header,
          accountProof: [...proof.accountProof],
          storageProof: [...proof.storageProof],
        },
        finalAt,
      };
      await announceFinal(manager, this.outbox, told, final.blockTime.toString());
      return true;
    });
  }

  private query<T>(sql: string, parameters: unknown[]): Promise<T[]> {
    return withDatabase(() => this.dataSource.query(sql, parameters) as Promise<T[]>);
  }
}

function alreadyAnchored(size: bigint): AppError {
  return new AppError('conflict', `The checkpoint of size ${size} has an anchor.`);
}

/** Changes an anchor that nobody changed meanwhile, and adds to what it cost. */
async function change(
  manager: EntityManager,
  anchor: OpenAnchor,
  columns: Change,
  cost?: bigint,
): Promise<boolean> {
  const names = Object.keys(columns);
  const assignments = names.map((name, place) => `${name} = $${place + 3}`);
  if (cost !== undefined)
    assignments.push(`cost = coalesce(cost, 0) + ${cost}::numeric`, 'cost_at = clock_timestamp()');
  const [, count] = (await manager.query(
    `UPDATE ${schema}.chain_anchor SET revision = revision + 1, ${assignments.join(', ')}
     WHERE anchor_id = $1 AND revision = $2`,
    [anchor.anchorId, anchor.revision, ...Object.values(columns)],
  )) as [unknown[], number];
  return count === 1;
}
