import { uuidV7, withDatabase } from '@touchstone/postgres';
import type { DataSource, EntityManager } from 'typeorm';
import type { Intent, LaneStore, Prepared, Signing } from '../lane/lane-ports.js';
import type { Attempt, BlockReference, LaneTransaction, Placement } from '../lane/lane-transaction.js';
import { LaneNonces } from './lane-nonces.js';
import type { LaneStoreOptions } from './lane-owner.js';
import {
  LANE_COLUMNS,
  hexParameter,
  rowsOf,
  storedAttempt,
  toLaneTransaction,
  transactionTable,
  type LaneRow,
} from './lane-rows.js';
import { signInOrder, type Signed } from './sign-in-order.js';

/** Milliseconds that another process may hold a lane before a transaction is refused as unavailable. */
export const LANE_LOCK_TIMEOUT_MS = 5_000;

/**
 * Lanes in PostgreSQL, in the tables of `laneTables`. The row of an account orders all replicas; nonce and signed bytes
 * are committed together, and only then may anybody send them.
 */
export class PostgresLaneStore<D> implements LaneStore<D> {
  private readonly table: string;
  private readonly nonces: LaneNonces;

  constructor(
    private readonly dataSource: DataSource,
    private readonly options: LaneStoreOptions<D>,
  ) {
    this.table = transactionTable(options.schema);
    this.nonces = new LaneNonces(options);
  }

  prepare(intents: readonly Intent<D>[], signing: Signing): Promise<Prepared[]> {
    return this.inLane(async (manager) => {
      // Locked first, read then: what another process stored for the same subject meanwhile is seen.
      const refused = await this.options.owner.claim(manager, intents);
      const live = await this.live(manager, intents);
      const due = [...new Map(intents.map((intent) => [intent.subject, intent])).values()].filter(
        ({ subject }) => !live.has(subject) && !refused.has(subject),
      );
      const signed = due.length === 0 ? new Map<string, Signed>() : await this.sign(manager, due, signing);
      return intents.map(({ subject }): Prepared => {
        const existing = live.get(subject);
        if (existing !== undefined) return { ok: true, transaction: existing };
        const error = refused.get(subject);
        if (error !== undefined) return { ok: false, error };
        return signed.get(subject) ?? { ok: false, error: new Error('An intent got no answer.') };
      });
    });
  }

  addAttempt(transaction: LaneTransaction, attempt: Attempt): Promise<boolean> {
    return this.changed(
      `UPDATE ${this.table} SET attempts = attempts || $3::jsonb, sent_at_block = NULL, touched_at = $4
       WHERE id = $1 AND state = 'open' AND jsonb_array_length(attempts) = $2 RETURNING 1`,
      [transaction.id, transaction.attempts.length, JSON.stringify([storedAttempt(attempt)]), this.now()],
    );
  }

  async markSent({ id, attempts }: LaneTransaction, atBlock: bigint): Promise<void> {
    await this.changed(
      `UPDATE ${this.table} SET sent_at_block = $3, touched_at = $4
       WHERE id = $1 AND state = 'open' AND jsonb_array_length(attempts) = $2 RETURNING 1`,
      [id, attempts.length, atBlock.toString(), this.now()],
    );
  }

  async markUsedUp({ id }: LaneTransaction, atBlock: bigint | null): Promise<void> {
    await this.changed(
      `UPDATE ${this.table} SET used_up_at_block = $2, touched_at = $3 WHERE id = $1 AND state = 'open' RETURNING 1`,
      [id, atBlock?.toString() ?? null, this.now()],
    );
  }

  place({ id }: LaneTransaction, { hash, block, succeeded, gasUsed }: Placement): Promise<boolean> {
    return this.changed(
      `UPDATE ${this.table} SET state = 'mined', mined_hash = $2, block_number = $3, block_hash = $4, succeeded = $5,
         gas_used = $6, used_up_at_block = NULL, touched_at = $7
       WHERE id = $1 AND state IN ('open', 'mined') RETURNING 1`,
      [
        id,
        hexParameter(hash),
        block.number.toString(),
        hexParameter(block.hash),
        succeeded,
        gasUsed.toString(),
        this.now(),
      ],
    );
  }

  renew(transaction: LaneTransaction, signing: Signing): Promise<LaneTransaction | undefined> {
    return this.inLane(async (manager) => {
      const wanted = await this.options.owner.wants(manager, transaction);
      const lost = await rowsOf(
        manager,
        `WITH changed AS (UPDATE ${this.table} SET state = 'lost', touched_at = $2
           WHERE id = $1 AND state = 'open' RETURNING 1) SELECT 1 FROM changed`,
        [transaction.id, this.now()],
      );
      // Another process was faster, or nobody needs it any more.
      if (lost.length === 0 || !wanted) return undefined;
      const count = await signing.chainCount();
      await this.nonces.skipTo(manager, signing.account, count);
      const { subject, call } = transaction;
      const signed = (await this.sign(manager, [{ subject, call, details: undefined }], signing)).get(
        subject,
      );
      if (signed?.ok !== true) throw signed?.error ?? new Error('A lost transaction got no answer.');
      return signed.transaction;
    });
  }

  abandon({ id }: LaneTransaction): Promise<boolean> {
    return this.changed(
      `UPDATE ${this.table} SET state = 'abandoned', touched_at = $2 WHERE id = $1 AND state = 'open' RETURNING 1`,
      [id, this.now()],
    );
  }

  async open(signedBeforeMs: number, limit: number): Promise<readonly LaneTransaction[]> {
    const rows = await rowsOf<LaneRow>(
      this.dataSource.manager,
      `SELECT ${LANE_COLUMNS} FROM ${this.table}
       WHERE state = 'open' AND network = $1 AND signed_at <= $2 ORDER BY account, nonce LIMIT $3`,
      [this.options.network, Number.isFinite(signedBeforeMs) ? new Date(signedBeforeMs) : 'infinity', limit],
    );
    return rows.map(toLaneTransaction);
  }

  async ofSubjects(subjects: readonly string[]): Promise<ReadonlyMap<string, LaneTransaction>> {
    if (subjects.length === 0) return new Map();
    const rows = await rowsOf<LaneRow>(
      this.dataSource.manager,
      `SELECT DISTINCT ON (subject) ${LANE_COLUMNS} FROM ${this.table}
       WHERE subject = ANY($1::uuid[]) ORDER BY subject, signed_at DESC, id DESC`,
      [subjects],
    );
    return new Map(rows.map((row) => [row.subject, toLaneTransaction(row)]));
  }

  async blocks(limit: number): Promise<readonly BlockReference[]> {
    const rows = await rowsOf<{ number: string; hash: Buffer }>(
      this.dataSource.manager,
      `SELECT DISTINCT block_number AS number, block_hash AS hash FROM ${this.table}
       WHERE state = 'mined' AND block_number IS NOT NULL AND network = $1 ORDER BY block_number DESC LIMIT $2`,
      [this.options.network, limit],
    );
    return rows.map(({ number, hash }) => ({ number: BigInt(number), hash: `0x${hash.toString('hex')}` }));
  }

  async unplace({ hash }: BlockReference): Promise<void> {
    await this.changed(
      `UPDATE ${this.table}
       SET block_number = NULL, block_hash = NULL, mined_hash = NULL, succeeded = NULL, gas_used = NULL
       WHERE state = 'mined' AND network = $1 AND block_hash = $2 RETURNING 1`,
      [this.options.network, hexParameter(hash)],
    );
  }

  async unplaced(limit: number): Promise<readonly LaneTransaction[]> {
    const rows = await rowsOf<LaneRow>(
      this.dataSource.manager,
      `SELECT ${LANE_COLUMNS} FROM ${this.table}
       WHERE state = 'mined' AND block_number IS NULL AND network = $1 ORDER BY touched_at, account, nonce LIMIT $2`,
      [this.options.network, limit],
    );
    return rows.map(toLaneTransaction);
  }

  reopen({ id }: LaneTransaction): Promise<boolean> {
    return this.changed(
      `UPDATE ${this.table} SET state = 'open', sent_at_block = NULL, touched_at = $2
       WHERE id = $1 AND state = 'mined' AND block_number IS NULL RETURNING 1`,
      [id, this.now()],
    );
  }

  async touch({ id }: LaneTransaction): Promise<void> {
    await this.changed(`UPDATE ${this.table} SET touched_at = $2 WHERE id = $1 RETURNING 1`, [
      id,
      this.now(),
    ]);
  }

  async finish(upTo: bigint): Promise<void> {
    await this.changed(
      `UPDATE ${this.table} SET state = 'final'
       WHERE state = 'mined' AND network = $1 AND block_number <= $2 RETURNING 1`,
      [this.options.network, upTo.toString()],
    );
  }

  private async live(
    manager: EntityManager,
    intents: readonly Intent<D>[],
  ): Promise<Map<string, LaneTransaction>> {
    const rows = await rowsOf<LaneRow>(
      manager,
      `SELECT ${LANE_COLUMNS} FROM ${this.table} WHERE subject = ANY($1::uuid[]) AND state <> 'lost'`,
      [intents.map(({ subject }) => subject)],
    );
    return new Map(rows.map((row) => [row.subject, toLaneTransaction(row)]));
  }

  /** Takes nonces, has the calls signed and stores them with the owner's rows; the lane is locked from here on. */
  private async sign(
    manager: EntityManager,
    due: readonly { subject: string; call: Intent<D>['call']; details: D | undefined }[],
    signing: Signing,
  ): Promise<Map<string, Signed>> {
    const first = await this.nonces.lock(manager, signing);
    const signed = await signInOrder(due, first, signing, { newId: uuidV7, nowMs: this.options.nowMs });
    const details = new Map(due.map((intent) => [intent.subject, intent.details]));
    const made = [...signed.values()].flatMap((answer) => (answer.ok ? [answer.transaction] : []));
    if (made.length > 0) {
      await this.nonces.store(manager, signing.account, made);
      const owned = made.map((transaction) => ({ transaction, details: details.get(transaction.subject) }));
      await this.options.owner.signed(manager, owned);
    }
    return signed;
  }

  private now(): Date {
    return new Date(this.options.nowMs());
  }

  private inLane<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return withDatabase(() =>
      this.dataSource.transaction(async (manager) => {
        await manager.query(`SET LOCAL lock_timeout = ${LANE_LOCK_TIMEOUT_MS}`);
        return work(manager);
      }),
    );
  }

  /** An UPDATE runs as `WITH … SELECT`: TypeORM answers a bare one with a pair of rows and count. */
  private async changed(statement: string, parameters: unknown[]): Promise<boolean> {
    const text = `WITH changed AS (${statement}) SELECT 1 FROM changed`;
    return (await rowsOf(this.dataSource.manager, text, parameters)).length > 0;
  }
}
