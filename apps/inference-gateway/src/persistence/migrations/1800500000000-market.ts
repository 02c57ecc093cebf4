import type { MigrationInterface, QueryRunner } from 'typeorm';
import { GATEWAY_SCHEMA as schema } from '../schema.js';

/** Submissions of developers with their review, keys of developers, the history of models, and what answers earn. */
export class Market1800500000000 implements MigrationInterface {
  readonly name = 'Market1800500000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of up) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of down) await runner.query(statement);
  }
}

const states = "'submitted', 'validating', 'awaiting-review', 'refused', 'approved', 'rejected'";
const hash = (column: string, more = 'NOT NULL'): string =>
  `${column} bytea ${more} CHECK (octet_length(${column}) = 32)`;

const submissions = [
  `CREATE TABLE ${schema}.submission_terms (${hash('sha256', 'PRIMARY KEY')}, text text NOT NULL)`,
  `CREATE TABLE ${schema}.submissions (
    id uuid PRIMARY KEY,
    ${hash('digest', 'NOT NULL UNIQUE')},
    state text NOT NULL CHECK (state IN (${states})),
    reason text,
    developer text NOT NULL,
    name text NOT NULL,
    version text NOT NULL,
    manifest jsonb NOT NULL,
    ${hash('manifest_sha256')},
    ${hash('test_cases_sha256')},
    ${hash('terms_sha256')} REFERENCES ${schema}.submission_terms,
    ${hash('model_sha256')},
    ${hash('model_sha3')},
    size_bytes bigint NOT NULL CHECK (size_bytes > 0),
    deadline bigint NOT NULL,
    signature text NOT NULL,
    model_signing jsonb,
    signature_bundle bytea,
    test_cases bytea,
    tensors jsonb,
    model_id text,
    created_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    claim uuid,
    strikes integer NOT NULL DEFAULT 0,
    CHECK ((state = 'approved') = (model_id IS NOT NULL)),
    CHECK (state NOT IN ('awaiting-review', 'approved') OR tensors IS NOT NULL),
    CHECK (state NOT IN ('refused', 'rejected') OR reason IS NOT NULL),
    CHECK (state NOT IN ('submitted', 'validating') OR test_cases IS NOT NULL)
  )`,
  `CREATE INDEX submissions_developer ON ${schema}.submissions (developer, created_at)`,
  `CREATE INDEX submissions_due ON ${schema}.submissions (due_at) WHERE state IN ('submitted', 'validating')`,
  `CREATE INDEX submissions_open ON ${schema}.submissions (state, id)`,
  // In pieces, so that no process needs to hold a whole file to store it; they go with the last decision.
  `CREATE TABLE ${schema}.submission_pieces (
    submission_id uuid NOT NULL REFERENCES ${schema}.submissions,
    place integer NOT NULL CHECK (place >= 0),
    bytes bytea NOT NULL,
    PRIMARY KEY (submission_id, place)
  )`,
  // Weights do not compress; trying takes longer than writing them.
  `ALTER TABLE ${schema}.submission_pieces ALTER COLUMN bytes SET STORAGE EXTERNAL`,
  `CREATE TABLE ${schema}.submission_changes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    submission_id uuid NOT NULL REFERENCES ${schema}.submissions,
    at timestamptz NOT NULL,
    by text NOT NULL,
    from_state text,
    to_state text NOT NULL,
    reason text
  )`,
  `CREATE INDEX submission_changes_submission ON ${schema}.submission_changes (submission_id, id)`,
];

const models = [
  `ALTER TABLE ${schema}.added_models ADD COLUMN market jsonb`,
  `CREATE TABLE ${schema}.model_changes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model_version_id bytea NOT NULL REFERENCES ${schema}.models,
    at timestamptz NOT NULL,
    by text NOT NULL,
    from_status text,
    to_status text NOT NULL,
    reason text
  )`,
  `CREATE INDEX model_changes_model ON ${schema}.model_changes (model_version_id, id)`,
];

const keys = [
  `CREATE TABLE ${schema}.developer_keys (
    id uuid PRIMARY KEY,
    developer text NOT NULL,
    label text NOT NULL,
    ${hash('key_sha256', 'NOT NULL UNIQUE')},
    ${hash('request_digest', 'NOT NULL UNIQUE')},
    created_at timestamptz NOT NULL,
    revoked_at timestamptz
  )`,
  `CREATE INDEX developer_keys_developer ON ${schema}.developer_keys (developer)`,
];

const figures = `calls bigint NOT NULL, errors bigint NOT NULL, charged_atomic numeric(78,0) NOT NULL,
    inference_ms double precision NOT NULL`;

const usage = [
  `CREATE TABLE ${schema}.model_usage (
    model_version_id bytea NOT NULL, day date NOT NULL, ${figures},
    PRIMARY KEY (model_version_id, day)
  )`,
  // Answers append here and wait for nobody: an update of the one row of a model would have them queue for its lock.
  `CREATE TABLE ${schema}.model_usage_changes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model_version_id bytea NOT NULL, day date NOT NULL, ${figures}
  )`,
  `INSERT INTO ${schema}.model_usage (model_version_id, day, calls, errors, charged_atomic, inference_ms)
   SELECT model_version_id, (created_at AT TIME ZONE 'UTC')::date, count(*), 0,
     coalesce(sum((context -> 'payment' ->> 'amount')::numeric), 0), sum(inference_ms)
   FROM ${schema}.verifications WHERE state IN ('recorded', 'settled') GROUP BY 1, 2`,
];

const up = [...submissions, ...models, ...keys, ...usage];

const down = [
  ...['model_usage_changes', 'model_usage', 'developer_keys', 'model_changes'],
  ...['submission_changes', 'submission_pieces', 'submissions', 'submission_terms'],
]
  .map((table) => `DROP TABLE ${schema}.${table}`)
  .concat(`ALTER TABLE ${schema}.added_models DROP COLUMN market`);
