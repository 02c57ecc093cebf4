import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where each log was open last, and why it was opened again after a restore. */
export class LogFence1796500000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE signer.log_fence (
        origin text PRIMARY KEY,
        system_identifier text NOT NULL,
        timeline bigint NOT NULL,
        closed boolean NOT NULL,
        written_by xid8 NOT NULL,
        written_at timestamptz NOT NULL DEFAULT clock_timestamp()
      )`);
    await runner.query(`
      CREATE TABLE signer.log_reopening (
        id bigserial PRIMARY KEY,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        origin text NOT NULL,
        reason text NOT NULL,
        size numeric(20) NOT NULL,
        notes text[] NOT NULL,
        vouched boolean NOT NULL
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE signer.log_reopening, signer.log_fence');
  }
}
