import type { MigrationInterface, QueryRunner } from 'typeorm';
import { GATEWAY_SCHEMA as schema } from '../schema.js';

/** Requests that are answered later, with their answers and webhooks. */
export class Jobs1800200000000 implements MigrationInterface {
  readonly name = 'Jobs1800200000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of up) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE ${schema}.jobs`);
  }
}

const up = [
  // What is only needed to run a job goes when it ends. A problem may quote any text, which jsonb does not take.
  `CREATE TABLE ${schema}.jobs (
    id uuid PRIMARY KEY,
    status text NOT NULL CHECK (status IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    model_id text NOT NULL,
    body bytea,
    target text NOT NULL,
    payment_header text,
    request_key bytea UNIQUE CHECK (octet_length(request_key) = 32),
    created_at timestamptz NOT NULL,
    start_before timestamptz NOT NULL,
    started_at timestamptz,
    ended_at timestamptz,
    due_at timestamptz NOT NULL,
    claim uuid,
    attempts integer NOT NULL DEFAULT 0,
    strikes integer NOT NULL DEFAULT 0,
    answer bytea,
    settlement jsonb,
    problem json,
    callback_url text,
    callback_status text CHECK (callback_status IN ('waiting', 'delivered', 'given-up')),
    callback_due_at timestamptz,
    callback_attempts integer NOT NULL DEFAULT 0,
    callback_failure text,
    CHECK ((status IN ('queued', 'running')) = (ended_at IS NULL)),
    CHECK ((status IN ('queued', 'running')) = (body IS NOT NULL)),
    CHECK ((status = 'succeeded') = (answer IS NOT NULL)),
    CHECK (status <> 'failed' OR problem IS NOT NULL),
    CHECK ((callback_url IS NULL) = (callback_status IS NULL))
  )`,
  `CREATE INDEX jobs_open ON ${schema}.jobs (id) WHERE status IN ('queued', 'running')`,
  `CREATE INDEX jobs_ended ON ${schema}.jobs (ended_at) WHERE ended_at IS NOT NULL`,
  `CREATE INDEX jobs_callbacks ON ${schema}.jobs (callback_due_at) WHERE callback_status = 'waiting'`,
];
