import type { MigrationInterface, QueryRunner } from 'typeorm';
import { GATEWAY_SCHEMA as schema } from '../schema.js';

/** Set-ups of keys: what they are of, their parties, and the newest key of each. */
export class SetUps1799900000000 implements MigrationInterface {
  readonly name = 'SetUps1799900000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of up) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['set_up_keys', 'set_up_parties', 'set_ups'])
      await runner.query(`DROP TABLE ${schema}.${table}`);
  }
}

const up = [
  `CREATE TABLE ${schema}.set_ups (
    id uuid PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('open', 'finished', 'called-off', 'failed')),
    model_version_id bytea NOT NULL CHECK (octet_length(model_version_id) = 32),
    identity jsonb NOT NULL,
    model bytea NOT NULL,
    options bytea,
    powers_name text NOT NULL,
    is_public boolean NOT NULL,
    announcement jsonb NOT NULL,
    newest_key bytea NOT NULL CHECK (octet_length(newest_key) = 32),
    newest_key_bytes integer NOT NULL,
    claimed_until timestamptz,
    result jsonb,
    failure text,
    CHECK ((state = 'finished') = (result IS NOT NULL)),
    CHECK ((state IN ('called-off', 'failed')) = (failure IS NOT NULL))
  )`,
  `CREATE UNIQUE INDEX set_ups_open ON ${schema}.set_ups (model_version_id) WHERE state = 'open'`,
  `CREATE TABLE ${schema}.set_up_parties (
    set_up_id uuid NOT NULL REFERENCES ${schema}.set_ups,
    name text NOT NULL,
    place integer NOT NULL,
    token_sha256 bytea NOT NULL CHECK (octet_length(token_sha256) = 32),
    position integer,
    hash text,
    key_sha256 bytea,
    contributed_at timestamptz,
    PRIMARY KEY (set_up_id, name),
    UNIQUE (set_up_id, position),
    CHECK ((position IS NULL) = (hash IS NULL)),
    CHECK ((position IS NULL) = (key_sha256 IS NULL)),
    CHECK ((position IS NULL) = (contributed_at IS NULL))
  )`,
  // A key is replaced by the next one: what it says about its parties stands in that one too.
  `CREATE TABLE ${schema}.set_up_keys (
    set_up_id uuid PRIMARY KEY REFERENCES ${schema}.set_ups,
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    bytes bytea NOT NULL
  )`,
  `CREATE INDEX set_up_keys_sha256 ON ${schema}.set_up_keys (sha256)`,
];
