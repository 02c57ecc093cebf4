import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the rules of attestation need of a node's past, and the audit. */
export class JudgedNodes1796000000000 implements MigrationInterface {
  readonly name = 'JudgedNodes1796000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE attestation.node
        ADD COLUMN reported_health text CHECK (reported_health IN ('GREEN', 'YELLOW', 'RED', 'DEAD')),
        ADD COLUMN recent_runs jsonb`);
    // No key of a node: what was found of one stays when the node goes.
    await runner.query(`
      CREATE TABLE attestation.audit (
        number bigint PRIMARY KEY,
        at timestamptz NOT NULL,
        event text NOT NULL
          CHECK (event IN ('ATTESTATION_FIRST_SEEN', 'ATTESTATION_DRIFT', 'ATTESTATION_SPOOF_SUSPECT')),
        node_id text COLLATE "C" NOT NULL,
        reason text,
        old_cap_prefix text,
        new_cap_prefix text NOT NULL,
        old_build text,
        new_build text NOT NULL,
        reporter text NOT NULL,
        remote_addr text
      )`);
    await runner.query('CREATE INDEX audit_node ON attestation.audit (node_id, number)');
    await runner.query('CREATE INDEX audit_event ON attestation.audit (event, number)');
    await runner.query('CREATE INDEX audit_at ON attestation.audit (at)');
    // One row, whose lock puts the lines of all replicas into one order.
    await runner.query(`
      CREATE TABLE attestation.audit_end (
        single boolean PRIMARY KEY DEFAULT true CHECK (single),
        number bigint NOT NULL
      )`);
    await runner.query('INSERT INTO attestation.audit_end (number) VALUES (0)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE attestation.audit_end, attestation.audit');
    await runner.query('ALTER TABLE attestation.node DROP COLUMN recent_runs, DROP COLUMN reported_health');
  }
}
