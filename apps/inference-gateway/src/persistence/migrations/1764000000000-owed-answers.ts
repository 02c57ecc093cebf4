import type { MigrationInterface, QueryRunner } from 'typeorm';
import { GATEWAY_SCHEMA as schema } from '../schema.js';

/** When the settlement of an answer is asked for without its request, and whether an answer left the service. */
export class OwedAnswers1764000000000 implements MigrationInterface {
  readonly name = 'OwedAnswers1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of up) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of down) await runner.query(statement);
  }
}

const up = [
  `ALTER TABLE ${schema}.stored_answers ADD COLUMN handed_out boolean NOT NULL DEFAULT false`,
  `UPDATE ${schema}.stored_answers a SET handed_out = true FROM ${schema}.verifications v
   WHERE v.reservation_id = a.reservation_id AND v.state = 'settled'`,
  `ALTER TABLE ${schema}.verifications ADD COLUMN settle_after timestamptz`,
  `UPDATE ${schema}.verifications SET settle_after = created_at WHERE state = 'executed'`,
  `CREATE INDEX verifications_unsettled ON ${schema}.verifications (settle_after) WHERE state = 'executed'`,
];

const down = [
  `DROP INDEX ${schema}.verifications_unsettled`,
  `ALTER TABLE ${schema}.verifications DROP COLUMN settle_after`,
  `ALTER TABLE ${schema}.stored_answers DROP COLUMN handed_out`,
];
