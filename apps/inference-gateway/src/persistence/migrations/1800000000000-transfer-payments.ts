import type { MigrationInterface, QueryRunner } from 'typeorm';
import { GATEWAY_SCHEMA as schema } from '../schema.js';

/** Answers are also found by the transaction of the transfer that paid for them. */
export class TransferPayments1800000000000 implements MigrationInterface {
  readonly name = 'TransferPayments1800000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE INDEX verifications_payment_transaction ON ${schema}.verifications ((context -> 'payment' ->> 'txHash'))
       WHERE reservation_id IS NOT NULL`,
    );
    await runner.query(
      `CREATE INDEX execution_proofs_payment_transaction ON ${schema}.execution_proofs ((payment ->> 'txHash'))`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['execution_proofs', 'verifications'])
      await runner.query(`DROP INDEX ${schema}.${table}_payment_transaction`);
  }
}
