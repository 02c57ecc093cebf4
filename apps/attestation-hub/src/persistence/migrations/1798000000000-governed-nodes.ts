import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Nodes that are silent, and what is told of them. */
export class GovernedNodes1798000000000 implements MigrationInterface {
  readonly name = 'GovernedNodes1798000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE attestation.node ADD COLUMN stale_since timestamptz');
    await runner.query(`
      ALTER TABLE attestation.node_history
        DROP CONSTRAINT node_history_status_check,
        ADD CONSTRAINT node_history_status_check
          CHECK (status IN ('OK', 'DRIFT', 'SPOOF_SUSPECT', 'MISSING', 'STALE'))`);
    // The events are a list of the contracts, which grows; the writer has no others.
    await runner.query(`
      ALTER TABLE attestation.audit
        DROP CONSTRAINT audit_event_check,
        ALTER COLUMN new_cap_prefix DROP NOT NULL,
        ALTER COLUMN new_build DROP NOT NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DELETE FROM attestation.audit WHERE new_build IS NULL OR event NOT IN
      ('ATTESTATION_FIRST_SEEN', 'ATTESTATION_DRIFT', 'ATTESTATION_SPOOF_SUSPECT')`);
    await runner.query(`
      ALTER TABLE attestation.audit
        ADD CONSTRAINT audit_event_check
          CHECK (event IN ('ATTESTATION_FIRST_SEEN', 'ATTESTATION_DRIFT', 'ATTESTATION_SPOOF_SUSPECT')),
        ALTER COLUMN new_cap_prefix SET NOT NULL,
        ALTER COLUMN new_build SET NOT NULL`);
    await runner.query(`DELETE FROM attestation.node_history WHERE status = 'STALE'`);
    await runner.query(`
      ALTER TABLE attestation.node_history
        DROP CONSTRAINT node_history_status_check,
        ADD CONSTRAINT node_history_status_check CHECK (status IN ('OK', 'DRIFT', 'SPOOF_SUSPECT', 'MISSING'))`);
    await runner.query('ALTER TABLE attestation.node DROP COLUMN stale_since');
  }
}
