import type { MigrationInterface, QueryRunner } from 'typeorm';
import { GATEWAY_SCHEMA as schema } from '../schema.js';

/** Answers are also found by the transaction that settled their payment. */
export class SettlementTransactions1800450000000 implements MigrationInterface {
  readonly name = 'SettlementTransactions1800450000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE INDEX verifications_settlement_transaction ON ${schema}.verifications ((settlement ->> 'transaction'))
       WHERE settlement IS NOT NULL`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX ${schema}.verifications_settlement_transaction`);
  }
}
