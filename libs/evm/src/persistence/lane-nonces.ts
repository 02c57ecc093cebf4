import { AppError } from '@touchstone/contracts';
import type { EntityManager } from 'typeorm';
import type { Signing } from '../lane/lane-ports.js';
import type { LaneTransaction } from '../lane/lane-transaction.js';
import type { LaneStoreOptions } from './lane-owner.js';
import { rowsOf, storedAttempt, transactionTable } from './lane-rows.js';

/** Seconds after which somebody who was told that a lane is drained should ask again. */
const DRAINING_RETRY_SECONDS = 2;

/** The nonces of one account: its row orders all replicas. */
export class LaneNonces {
  constructor(
    private readonly options: Pick<LaneStoreOptions<unknown>, 'schema' | 'network' | 'drainMs' | 'nowMs'>,
  ) {}

  /**
   * The next nonce of the account, whose row is locked. While nothing of the lane is on its way, the chain says which it
   * is: the two disagree after the key was used elsewhere, after a restore, and on a chain that began anew.
   *
   * @throws AppError `dependency-unavailable` while transactions of an account before this one may still be mined
   */
  async lock(manager: EntityManager, { account, chainCount }: Signing): Promise<number> {
    const { schema, network, drainMs, nowMs } = this.options;
    await rowsOf(
      manager,
      `INSERT INTO ${schema}.lane (network, account, next_nonce) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING`,
      [network, account],
    );
    const [lane] = await rowsOf<{ next_nonce: string }>(
      manager,
      `SELECT next_nonce FROM ${schema}.lane WHERE network = $1 AND account = $2 FOR UPDATE`,
      [network, account],
    );
    // Asked once the row is locked: what others stored before is seen then.
    const [state] = await rowsOf<{ busy: boolean; draining: string | null }>(
      manager,
      `SELECT EXISTS (SELECT 1 FROM ${transactionTable(schema)} WHERE network = $1 AND account = $2 AND state IN ('open', 'mined'))
                AS busy,
              (SELECT account FROM ${transactionTable(schema)} WHERE network = $1 AND account <> $2 AND state = 'open'
                AND signed_at > $3 LIMIT 1) AS draining`,
      [network, account, new Date(nowMs() - drainMs)],
    );
    if (state?.draining != null)
      throw new AppError(
        'dependency-unavailable',
        `The key of ${state.draining} was replaced by that of ${account}; its last transactions are waited for.`,
        { retryAfterSeconds: DRAINING_RETRY_SECONDS },
      );
    return state?.busy === true ? Number(lane?.next_nonce ?? 0) : chainCount();
  }

  /** Stores signed transactions and moves the next nonce behind them. */
  async store(manager: EntityManager, account: string, made: readonly LaneTransaction[]): Promise<void> {
    const { schema, network, nowMs } = this.options;
    const next = Math.max(...made.map(({ nonce }) => nonce)) + 1;
    const rows = made.map(({ id, subject, nonce, call, attempts }) => ({
      id,
      subject,
      nonce,
      call: { ...call, gas: call.gas.toString() },
      attempts: attempts.map(storedAttempt),
    }));
    // One round trip: everybody else's transaction waits for the lane until the commit.
    await rowsOf(
      manager,
      `WITH moved AS (UPDATE ${schema}.lane SET next_nonce = $3 WHERE network = $1 AND account = $2 RETURNING 1),
       stored AS (
         INSERT INTO ${transactionTable(schema)} (id, subject, network, account, nonce, call, attempts, state, signed_at, touched_at)
         SELECT id, subject, $1, $2, nonce, call, attempts, 'open', $5, $5
         FROM jsonb_to_recordset($4::jsonb) AS made (id uuid, subject uuid, nonce bigint, call jsonb, attempts jsonb)
         RETURNING 1)
       SELECT count(*) FROM moved, stored`,
      [network, account, next, JSON.stringify(rows), new Date(nowMs())],
    );
  }

  /** Leaves out the nonces that the chain has seen. */
  async skipTo(manager: EntityManager, account: string, count: number): Promise<void> {
    const { schema, network } = this.options;
    await rowsOf(
      manager,
      `WITH changed AS (UPDATE ${schema}.lane SET next_nonce = greatest(next_nonce, $3)
         WHERE network = $1 AND account = $2 RETURNING 1) SELECT 1 FROM changed`,
      [network, account, count],
    );
  }
}
