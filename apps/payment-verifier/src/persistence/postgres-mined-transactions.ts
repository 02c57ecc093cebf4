import type { DataSource } from 'typeorm';
import type { BlockReference, MinedTransactions, UnplacedTransaction } from '../domain/follow-settlements.js';
import { bytes, reservationColumns, toReservation, type ReservationRow } from './reservation-row.js';
import { rowsOf } from './sql.js';

/** Most blocks that one run compares with the chain; deeper reorganisations go on in the next run. */
const BLOCKS_MAX = 256;

type UnplacedRow = ReservationRow & { readonly hash: Buffer };

const ownColumns = reservationColumns
  .split(',')
  .map((column) => `r.${column.trim()}`)
  .join(', ');

/** Transactions of the relayer that stand in blocks which are not final. */
export class PostgresMinedTransactions implements MinedTransactions {
  constructor(
    private readonly dataSource: DataSource,
    private readonly network: string,
  ) {}

  async blocks(): Promise<readonly BlockReference[]> {
    const rows = await rowsOf<{ number: string; hash: Buffer }>(
      this.dataSource,
      `SELECT DISTINCT block_number AS number, block_hash AS hash FROM payments.transactions
       WHERE state = 'mined' AND block_number IS NOT NULL AND network = $1 ORDER BY block_number DESC LIMIT $2`,
      [this.network, BLOCKS_MAX],
    );
    return rows.map(({ number, hash }) => ({ number: BigInt(number), hash: `0x${hash.toString('hex')}` }));
  }

  async unplace({ hash }: BlockReference): Promise<void> {
    await this.change(
      `UPDATE payments.transactions SET block_number = NULL, block_hash = NULL
       WHERE state = 'mined' AND network = $1 AND block_hash = $2`,
      [this.network, bytes(hash)],
    );
  }

  async unplaced(limit: number): Promise<readonly UnplacedTransaction[]> {
    const rows = await rowsOf<UnplacedRow>(
      this.dataSource,
      `SELECT t.hash, ${ownColumns} FROM payments.transactions AS t
       JOIN payments.reservations AS r ON r.id = t.reservation_id
       WHERE t.state = 'mined' AND t.block_number IS NULL AND t.network = $1 ORDER BY t.account, t.nonce LIMIT $2`,
      [this.network, limit],
    );
    return rows.map((row) => {
      const isSettledByIt = row.state === 'settled' && row.transaction?.equals(row.hash) === true;
      return {
        hash: `0x${row.hash.toString('hex')}`,
        settled: isSettledByIt ? toReservation(row) : undefined,
      };
    });
  }

  async place(hash: string, block: BlockReference): Promise<void> {
    await this.change(
      `UPDATE payments.transactions SET block_number = $2, block_hash = $3 WHERE hash = $1 AND state = 'mined'`,
      [bytes(hash), block.number.toString(), bytes(block.hash)],
    );
  }

  async reopen(hash: string): Promise<void> {
    // The beginning of time, so that the recovery of this very run sends it: all later nonces wait for it.
    await this.change(
      `UPDATE payments.transactions SET state = 'signed', touched_at = to_timestamp(0)
       WHERE hash = $1 AND state = 'mined' AND block_number IS NULL`,
      [bytes(hash)],
    );
  }

  async finish(upTo: bigint): Promise<void> {
    await this.change(
      `UPDATE payments.transactions SET state = 'final'
       WHERE state = 'mined' AND network = $1 AND block_number <= $2`,
      [this.network, upTo.toString()],
    );
  }

  private async change(statement: string, parameters: unknown[]): Promise<void> {
    await rowsOf(
      this.dataSource,
      `WITH changed AS (${statement} RETURNING 1) SELECT count(*) FROM changed`,
      parameters,
    );
  }
}
