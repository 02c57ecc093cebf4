import type { MigrationInterface, QueryRunner } from 'typeorm';
import { outboxTables } from '@touchstone/postgres';

const outbox = outboxTables('signer');

/** Audit, double-sign guard and the history of key sets. */
export class CreateSigner1763700000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE signer.signing_audit (
        id bigserial PRIMARY KEY,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        caller text NOT NULL,
        operation text NOT NULL,
        key_id text NOT NULL,
        digest bytea NOT NULL CHECK (length(digest) = 32),
        result text NOT NULL CHECK (result IN ('signed', 'refused')),
        reason text
      )`);
    await runner.query(`
      CREATE TABLE signer.signed_checkpoint (
        origin text NOT NULL,
        size numeric(20) NOT NULL CHECK (size > 0),
        root bytea NOT NULL CHECK (length(root) = 32),
        note text NOT NULL,
        signed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (origin, size)
      )`);
    await runner.query(`
      CREATE TABLE signer.key_set (
        sequence integer PRIMARY KEY,
        body jsonb NOT NULL,
        hash bytea NOT NULL UNIQUE CHECK (length(hash) = 32),
        published_at timestamptz NOT NULL DEFAULT clock_timestamp()
      )`);
    for (const statement of outbox.up) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of outbox.down) await runner.query(statement);
    await runner.query('DROP TABLE signer.key_set, signer.signed_checkpoint, signer.signing_audit');
  }
}
