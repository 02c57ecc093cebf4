import type { MigrationInterface, QueryRunner } from 'typeorm';

const up = [
  `ALTER TABLE payments.reservations
     ADD COLUMN "authorization" jsonb,
     ADD COLUMN owed_at timestamptz,
     ADD COLUMN recheck_after timestamptz,
     ADD COLUMN other_requests integer NOT NULL DEFAULT 0 CHECK (other_requests >= 0)`,
  // Those that failed by a transaction that reverted may have been sent by somebody else since.
  `UPDATE payments.reservations SET recheck_after = to_timestamp(least(valid_before, 253402214400)::double precision)
     WHERE state = 'failed' AND reason = 'invalid_exact_evm_transaction_failed'`,
  `CREATE INDEX reservations_recheck ON payments.reservations (recheck_after)
     WHERE state IN ('reserved', 'failed') AND recheck_after IS NOT NULL`,
];

const down = [
  'DROP INDEX payments.reservations_recheck',
  `ALTER TABLE payments.reservations
     DROP COLUMN other_requests,
     DROP COLUMN recheck_after,
     DROP COLUMN owed_at,
     DROP COLUMN "authorization"`,
];

/** The signed authorisation beside its reservation, and since when a payment is owed. */
export class OwePayments1785600000000 implements MigrationInterface {
  readonly name = 'OwePayments1785600000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of up) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of down) await runner.query(statement);
  }
}
