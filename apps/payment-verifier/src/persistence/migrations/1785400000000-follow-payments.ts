import type { MigrationInterface, QueryRunner } from 'typeorm';

const up = [
  `ALTER TABLE payments.transactions
     ADD COLUMN block_number bigint,
     ADD COLUMN block_hash bytea CHECK (length(block_hash) = 32),
     ADD CONSTRAINT transactions_block_is_whole CHECK ((block_number IS NULL) = (block_hash IS NULL)),
     DROP CONSTRAINT transactions_state_check,
     ADD CONSTRAINT transactions_state_check CHECK (state IN ('signed', 'mined', 'final', 'replaced'))`,
  `CREATE INDEX transactions_not_final ON payments.transactions (block_number) WHERE state = 'mined'`,
];

const down = [
  'DROP INDEX payments.transactions_not_final',
  `UPDATE payments.transactions SET state = 'mined' WHERE state = 'final'`,
  `ALTER TABLE payments.transactions
     DROP CONSTRAINT transactions_state_check,
     ADD CONSTRAINT transactions_state_check CHECK (state IN ('signed', 'mined', 'replaced')),
     DROP CONSTRAINT transactions_block_is_whole,
     DROP COLUMN block_hash,
     DROP COLUMN block_number`,
];

/** The block of a mined transaction, so that it can be followed until it is final. */
export class FollowPayments1785400000000 implements MigrationInterface {
  readonly name = 'FollowPayments1785400000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of up) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of down) await runner.query(statement);
  }
}
