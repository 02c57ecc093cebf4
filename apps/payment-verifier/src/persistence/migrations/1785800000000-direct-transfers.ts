import type { MigrationInterface, QueryRunner } from 'typeorm';

const up = [
  `ALTER TABLE payments.reservations
     ADD COLUMN made_by bytea CHECK (length(made_by) = 32),
     ADD COLUMN made_log_index bigint CHECK (made_log_index >= 0),
     ADD COLUMN made_position integer CHECK (made_position >= 0),
     ADD COLUMN is_payer_proven boolean,
     ADD COLUMN block_number bigint,
     ADD COLUMN block_hash bytea CHECK (length(block_hash) = 32),
     ADD COLUMN is_final boolean NOT NULL DEFAULT false,
     ADD CONSTRAINT reservations_transfer_is_whole
       CHECK (num_nulls(made_by, made_log_index, made_position, is_payer_proven, block_number, block_hash) IN (0, 6))`,
  `CREATE INDEX reservations_of_transaction ON payments.reservations (made_by) WHERE made_by IS NOT NULL`,
  `CREATE INDEX reservations_not_final ON payments.reservations (block_number)
     WHERE made_by IS NOT NULL AND state = 'settled' AND NOT is_final`,
  // A reorganisation gives a transfer another index in its block; that it pays once is its key's business.
  'DROP INDEX payments.reservations_one_per_transfer',
  `CREATE UNIQUE INDEX reservations_one_per_transfer
     ON payments.reservations (network, asset, transaction, log_index) WHERE state = 'settled' AND made_by IS NULL`,
];

const down = [
  // The build before cannot tell them from authorisations, and would look for those for ever.
  `DELETE FROM payments.reservations WHERE made_by IS NOT NULL`,
  'DROP INDEX payments.reservations_one_per_transfer',
  `CREATE UNIQUE INDEX reservations_one_per_transfer
     ON payments.reservations (network, asset, transaction, log_index) WHERE state = 'settled'`,
  'DROP INDEX payments.reservations_not_final',
  'DROP INDEX payments.reservations_of_transaction',
  `ALTER TABLE payments.reservations
     DROP CONSTRAINT reservations_transfer_is_whole,
     DROP COLUMN is_final,
     DROP COLUMN block_hash,
     DROP COLUMN block_number,
     DROP COLUMN is_payer_proven,
     DROP COLUMN made_position,
     DROP COLUMN made_log_index,
     DROP COLUMN made_by`,
];

/** What payers transferred before they asked, beside what they authorised. */
export class DirectTransfers1785800000000 implements MigrationInterface {
  readonly name = 'DirectTransfers1785800000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of up) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of down) await runner.query(statement);
  }
}
