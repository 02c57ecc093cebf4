import { AppError } from '@touchstone/contracts';
import { withDatabase } from '@touchstone/postgres';
import type { DataSource, EntityManager } from 'typeorm';
import type { TransactionJournal, UnminedTransaction } from '../domain/ports.js';
import type { RelayedCall, RelayerKey, SignedTransaction } from '../domain/relayer.js';
import { bytes } from './reservation-row.js';
import { SerialQueue } from './serial-queue.js';
import { rowsOf } from './sql.js';

/** Milliseconds that another process may hold a lane before a settlement is refused as unavailable. */
export const LANE_LOCK_TIMEOUT_MS = 5_000;
/** Milliseconds without a new transaction after which a lane counts as idle and may be realigned. */
export const LANE_IDLE_MS = 60_000;

interface TransactionRow {
  readonly hash: Buffer;
  readonly raw: Buffer;
}
interface CallRow {
  readonly to: string;
  readonly data: string;
  readonly gas: string;
}

/**
 * Signed transactions of the relayer, with nonces from one row per key. The row lock orders all replicas, the nonce
 * and the signed bytes are committed together, and only then may anybody send them.
 */
export class PostgresTransactionJournal implements TransactionJournal {
  private readonly queue = new SerialQueue();

  constructor(
    private readonly dataSource: DataSource,
    private readonly network: string,
    private readonly key: RelayerKey,
    private readonly nowMs: () => number,
  ) {}

  /**
   * Signs and stores the one transaction of a reservation and moves it to `settling`; a second call returns the first
   * transaction.
   *
   * @throws AppError `conflict` when the reservation is not held, `dependency-unavailable`, and the signer's refusal
   */
  async prepare(reservationId: string, call: RelayedCall): Promise<SignedTransaction> {
    const account = await this.key.account();
    return this.inLane(async (manager) => {
      const [reservation] = await rowsOf<{ state: string; verified: boolean }>(
        manager,
        'SELECT state, verified FROM payments.reservations WHERE id = $1 FOR UPDATE',
        [reservationId],
      );
      const existing = await this.liveTransaction(manager, reservationId);
      if (existing !== undefined) return existing;
      if (reservation?.state !== 'reserved' || !reservation.verified)
        throw new AppError('conflict', `The reservation is ${reservation?.state ?? 'gone'}.`);
      return this.signNext(manager, account, reservationId, call);
    });
  }

  async unmined(untouchedSinceMs: number, limit: number): Promise<UnminedTransaction[]> {
    const rows = await rowsOf<TransactionRow & { reservation_id: string; nonce: string; account: string }>(
      this.dataSource,
      `SELECT hash, raw, reservation_id, nonce, account FROM payments.transactions
       WHERE state = 'signed' AND network = $1 AND touched_at <= $2 ORDER BY account, nonce LIMIT $3`,
      [this.network, new Date(untouchedSinceMs), limit],
    );
    return rows.map((row) => ({
      ...toSigned(row),
      reservationId: row.reservation_id,
      nonce: Number(row.nonce),
      account: row.account,
    }));
  }

  async markMined(hash: string): Promise<void> {
    await rowsOf(
      this.dataSource,
      `UPDATE payments.transactions SET state = 'mined' WHERE hash = $1 AND state = 'signed'`,
      [bytes(hash)],
    );
  }

  async markSent(hash: string, nowMs: number): Promise<void> {
    await rowsOf(this.dataSource, 'UPDATE payments.transactions SET touched_at = $2 WHERE hash = $1', [
      bytes(hash),
      new Date(nowMs),
    ]);
  }

  async replace({ hash, reservationId, account }: UnminedTransaction): Promise<void> {
    const minedCount = await this.key.minedCount(account);
    await this.inLane(async (manager) => {
      const [reservation] = await rowsOf<{ open: boolean }>(
        manager,
        // A settlement that a reorganisation undid is made again, too; the payment stays settled meanwhile.
        `SELECT state = 'settling' OR (state = 'settled' AND transaction = $2) AS open
         FROM payments.reservations WHERE id = $1 FOR UPDATE`,
        [reservationId, bytes(hash)],
      );
      const [replaced] = await rowsOf<{ call: CallRow }>(
        manager,
        `WITH changed AS (
           UPDATE payments.transactions SET state = 'replaced' WHERE hash = $1 AND state = 'signed' RETURNING call)
         SELECT call FROM changed`,
        [bytes(hash)],
      );
      // Another process replaced it, or nobody needs it any more.
      if (replaced === undefined || reservation?.open !== true) return;
      await rowsOf(
        manager,
        `UPDATE payments.lanes SET next_nonce = greatest(next_nonce, $3) WHERE network = $1 AND account = $2`,
        [this.network, account, minedCount],
      );
      const { to, data, gas } = replaced.call;
      await this.signNext(manager, account, reservationId, { to, data, gas: BigInt(gas) });
    });
  }

  /**
   * A lane that is idle and has no transaction on its way, or in a block that may still be dropped, must agree with
   * the chain. It does not after the key was used elsewhere, after a restore of the database, and on a development chain that began anew.
   */
  async realign(): Promise<void> {
    const account = await this.key.account();
    const idle = `SELECT next_nonce FROM payments.lanes AS lane WHERE network = $1 AND account = $2
      AND NOT EXISTS (SELECT 1 FROM payments.transactions AS t WHERE t.network = lane.network
        AND t.account = lane.account AND (t.state IN ('signed', 'mined') OR t.signed_at > $3))`;
    const parameters = [this.network, account, new Date(this.nowMs() - LANE_IDLE_MS)];
    const [lane] = await rowsOf<{ next_nonce: string }>(this.dataSource, idle, parameters);
    if (lane === undefined) return;
    const mined = await this.key.minedCount(account);
    if (Number(lane.next_nonce) === mined) return;
    await this.inLane(async (manager) => {
      const [still] = await rowsOf<{ next_nonce: string }>(manager, `${idle} FOR UPDATE`, parameters);
      if (still?.next_nonce !== lane.next_nonce) return;
      await rowsOf(manager, 'UPDATE payments.lanes SET next_nonce = $3 WHERE network = $1 AND account = $2', [
        this.network,
        account,
        mined,
      ]);
    });
  }

  private async liveTransaction(
    manager: EntityManager,
    reservationId: string,
  ): Promise<SignedTransaction | undefined> {
    const [row] = await rowsOf<TransactionRow>(
      manager,
      `SELECT hash, raw FROM payments.transactions WHERE reservation_id = $1 AND state <> 'replaced'`,
      [reservationId],
    );
    return row === undefined ? undefined : toSigned(row);
  }

  private async signNext(
    manager: EntityManager,
    account: string,
    reservationId: string,
    call: RelayedCall,
  ): Promise<SignedTransaction> {
    const nonce = await this.nextNonce(manager, account);
    const signed = await this.key.sign(call, nonce, account);
    const now = new Date(this.nowMs());
    // One round trip: the lane is held by everybody else's settlement until the commit.
    await rowsOf(
      manager,
      `WITH lane AS (
         UPDATE payments.lanes SET next_nonce = $4::bigint + 1 WHERE network = $2 AND account = $3),
       stored AS (
         INSERT INTO payments.transactions
           (hash, reservation_id, network, account, nonce, call, raw, state, signed_at, touched_at)
         VALUES ($5, $1, $2, $3, $4::bigint, $6::jsonb, $7, 'signed', $8, $8)),
       moved AS (
         UPDATE payments.reservations SET transaction = $5, updated_at = $8,
           state = CASE state WHEN 'settled' THEN state ELSE 'settling' END WHERE id = $1)
       SELECT 1`,
      [
        reservationId,
        this.network,
        account,
        nonce,
        bytes(signed.hash),
        JSON.stringify({ to: call.to, data: call.data, gas: call.gas.toString() }),
        bytes(signed.raw),
        now,
      ],
    );
    return signed;
  }

  private async nextNonce(manager: EntityManager, account: string): Promise<number> {
    const select = 'SELECT next_nonce FROM payments.lanes WHERE network = $1 AND account = $2 FOR UPDATE';
    const [lane] = await rowsOf<{ next_nonce: string }>(manager, select, [this.network, account]);
    if (lane !== undefined) return Number(lane.next_nonce);
    await rowsOf(
      manager,
      'INSERT INTO payments.lanes (network, account, next_nonce) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
      [this.network, account, await this.key.minedCount(account)],
    );
    const [created] = await rowsOf<{ next_nonce: string }>(manager, select, [this.network, account]);
    return Number(created?.next_nonce ?? 0);
  }

  private inLane<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.queue.run(() =>
      withDatabase(() =>
        this.dataSource.transaction(async (manager) => {
          await rowsOf(manager, `SET LOCAL lock_timeout = ${LANE_LOCK_TIMEOUT_MS}`);
          return work(manager);
        }),
      ),
    );
  }
}

function toSigned(row: TransactionRow): SignedTransaction {
  return { hash: `0x${row.hash.toString('hex')}`, raw: `0x${row.raw.toString('hex')}` };
}
