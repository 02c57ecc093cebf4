import { outboxTables } from '@touchstone/postgres';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { GATEWAY_SCHEMA as schema } from '../schema.js';

const tables = outboxTables(schema);

/** Models, commitments, verifications and stored answers; outbox. */
export class Initial1763700000000 implements MigrationInterface {
  readonly name = 'Initial1763700000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...up, ...tables.up]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of [...tables.down, ...down]) await runner.query(statement);
  }
}

const up = [
  `CREATE TABLE ${schema}.models (
    model_version_id bytea PRIMARY KEY CHECK (octet_length(model_version_id) = 32),
    model_id text NOT NULL,
    name text NOT NULL,
    version text NOT NULL,
    developer text NOT NULL,
    task text NOT NULL,
    model_hash bytea NOT NULL CHECK (octet_length(model_hash) = 32),
    model_hash_sha3 bytea NOT NULL CHECK (octet_length(model_hash_sha3) = 32),
    size_bytes bigint NOT NULL CHECK (size_bytes > 0),
    price_atomic numeric(78,0) NOT NULL CHECK (price_atomic >= 0),
    status text NOT NULL CHECK (status IN ('pending', 'active', 'suspended')),
    manifest jsonb NOT NULL,
    registered_at timestamptz NOT NULL DEFAULT clock_timestamp()
  )`,
  `CREATE INDEX models_model_id ON ${schema}.models (model_id)`,
  `CREATE TABLE ${schema}.model_commitments (
    model_version_id bytea NOT NULL REFERENCES ${schema}.models,
    sequence integer NOT NULL CHECK (sequence >= 0),
    commitment_hash bytea NOT NULL UNIQUE CHECK (octet_length(commitment_hash) = 32),
    commitment jsonb NOT NULL,
    published_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (model_version_id, sequence)
  )`,
  // No foreign key to the commitment: every insert would lock the one row that all of them refer to.
  `CREATE TABLE ${schema}.verifications (
    id uuid PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('recorded', 'executed', 'settled', 'payment-failed')),
    model_id text NOT NULL,
    model_version_id bytea NOT NULL,
    nonce bytea NOT NULL CHECK (octet_length(nonce) = 32),
    commitment_sequence integer NOT NULL,
    proof jsonb NOT NULL,
    context jsonb NOT NULL,
    reservation_id uuid UNIQUE,
    settlement jsonb,
    failure text,
    inference_ms double precision NOT NULL,
    total_ms double precision NOT NULL,
    created_at timestamptz NOT NULL,
    settled_at timestamptz,
    UNIQUE (model_version_id, nonce),
    CHECK ((state = 'recorded') = (reservation_id IS NULL)),
    CHECK ((state = 'settled') = (settled_at IS NOT NULL))
  )`,
  `CREATE INDEX verifications_payment_nonce ON ${schema}.verifications ((context -> 'payment' ->> 'nonce'))
   WHERE reservation_id IS NOT NULL`,
  `CREATE TABLE ${schema}.stored_answers (
    reservation_id uuid PRIMARY KEY REFERENCES ${schema}.verifications (reservation_id),
    body bytea NOT NULL,
    event jsonb NOT NULL
  )`,
];

const down = ['stored_answers', 'verifications', 'model_commitments', 'models'].map(
  (table) => `DROP TABLE ${schema}.${table}`,
);
