import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Nodes that are silent, what the operator decided about nodes, and what the policy makes of that. */
export class GovernedNodes1798000000000 implements MigrationInterface {
  readonly name = 'GovernedNodes1798000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE attestation.node ADD COLUMN stale_since timestamptz, ADD COLUMN standing jsonb',
    );
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
        ALTER COLUMN new_build DROP NOT NULL,
        ALTER COLUMN node_id DROP NOT NULL,
        ADD COLUMN zone text,
        ADD COLUMN detail text`);
    // No keys of nodes: a node may be quarantined before it is heard, and stays so when it is removed.
    await runner.query(`
      CREATE TABLE attestation.quarantine (
        node_id text COLLATE "C" PRIMARY KEY CHECK (length(node_id) BETWEEN 1 AND 128),
        reason text NOT NULL,
        since timestamptz NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE attestation.baseline (
        node_id text COLLATE "C" PRIMARY KEY CHECK (length(node_id) BETWEEN 1 AND 128),
        builds jsonb NOT NULL,
        first_seen_counts boolean NOT NULL,
        counts_from timestamptz NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE attestation.rollout (
        name text COLLATE "C" PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 64),
        prefix text,
        nodes jsonb,
        build_id text NOT NULL,
        capability_hash bytea NOT NULL CHECK (length(capability_hash) = 32),
        started_at timestamptz NOT NULL,
        ends_at timestamptz NOT NULL,
        state text NOT NULL CHECK (state IN ('open', 'completed', 'cancelled')),
        closed_at timestamptz,
        CHECK (num_nulls(prefix, nodes) = 1),
        CHECK ((state = 'open') = (closed_at IS NULL))
      )`);
    await runner.query(
      "CREATE INDEX rollout_open ON attestation.rollout (started_at, name) WHERE state = 'open'",
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE attestation.rollout, attestation.baseline, attestation.quarantine');
    await runner.query(`DELETE FROM attestation.audit WHERE new_build IS NULL OR event NOT IN
      ('ATTESTATION_FIRST_SEEN', 'ATTESTATION_DRIFT', 'ATTESTATION_SPOOF_SUSPECT')`);
    await runner.query(`
      ALTER TABLE attestation.audit
        ADD CONSTRAINT audit_event_check
          CHECK (event IN ('ATTESTATION_FIRST_SEEN', 'ATTESTATION_DRIFT', 'ATTESTATION_SPOOF_SUSPECT')),
        DROP COLUMN detail,
        DROP COLUMN zone,
        ALTER COLUMN node_id SET NOT NULL,
        ALTER COLUMN new_cap_prefix SET NOT NULL,
        ALTER COLUMN new_build SET NOT NULL`);
    await runner.query(`DELETE FROM attestation.node_history WHERE status = 'STALE'`);
    await runner.query(`
      ALTER TABLE attestation.node_history
        DROP CONSTRAINT node_history_status_check,
        ADD CONSTRAINT node_history_status_check CHECK (status IN ('OK', 'DRIFT', 'SPOOF_SUSPECT', 'MISSING'))`);
    await runner.query('ALTER TABLE attestation.node DROP COLUMN standing, DROP COLUMN stale_since');
  }
}
