import { outboxTables } from '@touchstone/postgres';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const outbox = outboxTables('attestation');

const STATUS = `CHECK (status IN ('OK', 'DRIFT', 'SPOOF_SUSPECT', 'MISSING'))`;
const HEALTH = `CHECK (health IN ('GREEN', 'YELLOW', 'RED', 'DEAD'))`;

/** Nodes with their history, and the outbox. */
export class CreateAttestation1763710000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Each heartbeat rewrites its row and no indexed column: half-empty pages keep the new version on the same page.
    // Ids sort by their bytes, so that a page of the list ends at the same place on every machine.
    await runner.query(`
      CREATE TABLE attestation.node (
        node_id text COLLATE "C" PRIMARY KEY CHECK (length(node_id) BETWEEN 1 AND 128),
        status text NOT NULL ${STATUS},
        health text NOT NULL ${HEALTH},
        first_seen_at timestamptz,
        first_build_id text,
        first_capability_hash bytea CHECK (length(first_capability_hash) = 32),
        first_runtime jsonb,
        last_seen_at timestamptz,
        last_build_id text,
        last_capability_hash bytea CHECK (length(last_capability_hash) = 32),
        last_runtime jsonb,
        drift_count bigint NOT NULL,
        spoof_count bigint NOT NULL,
        last_change_at timestamptz NOT NULL,
        last_heartbeat_at timestamptz NOT NULL,
        last_ts_utc text NOT NULL,
        clock_skew_ms bigint NOT NULL,
        reporter text NOT NULL,
        previous_reporter text,
        reporter_changed_at timestamptz,
        history_length bigint NOT NULL,
        CHECK (num_nulls(first_seen_at, first_build_id, first_capability_hash, first_runtime) IN (0, 4)),
        CHECK (num_nulls(last_seen_at, last_build_id, last_capability_hash, last_runtime) IN (0, 4))
      ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05)`);
    await runner.query('CREATE INDEX node_status ON attestation.node (status, node_id)');
    await runner.query(`
      CREATE TABLE attestation.node_history (
        node_id text COLLATE "C" NOT NULL REFERENCES attestation.node ON DELETE CASCADE,
        slot integer NOT NULL CHECK (slot >= 0),
        number bigint NOT NULL,
        at timestamptz NOT NULL,
        status text NOT NULL ${STATUS},
        health text NOT NULL ${HEALTH},
        build_id text,
        capability_hash bytea CHECK (length(capability_hash) = 32),
        runtime jsonb,
        reporter text NOT NULL,
        PRIMARY KEY (node_id, slot),
        CHECK (num_nulls(build_id, capability_hash, runtime) IN (0, 3))
      )`);
    for (const statement of outbox.up) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of outbox.down) await runner.query(statement);
    await runner.query('DROP TABLE attestation.node_history, attestation.node');
  }
}
