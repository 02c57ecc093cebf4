import { outboxTables } from '@touchstone/postgres';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ANCHOR_SCHEMA as schema } from '../schema.js';

const outbox = outboxTables(schema);
const hash = 'bytea NOT NULL CHECK (octet_length';

const up = [
  `CREATE TABLE ${schema}.model (
    model_version_id ${hash}(model_version_id) = 32) PRIMARY KEY,
    model_id text NOT NULL,
    first_seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
  )`,
  `CREATE INDEX model_by_slug ON ${schema}.model (model_id)`,
  `CREATE TABLE ${schema}.log_entry (
    log_index bigint PRIMARY KEY CHECK (log_index >= 0),
    kind text NOT NULL CHECK (kind IN ('batch', 'commitment', 'key-set')),
    entry text NOT NULL CHECK (octet_length(entry) BETWEEN 1 AND 65535),
    leaf_hash ${hash}(leaf_hash) = 32) UNIQUE,
    appended_at timestamptz NOT NULL DEFAULT clock_timestamp()
  )`,
  `CREATE TABLE ${schema}.log_node (
    level smallint NOT NULL CHECK (level BETWEEN 0 AND 63),
    index bigint NOT NULL CHECK (index >= 0),
    hash ${hash}(hash) = 32),
    PRIMARY KEY (level, index)
  )`,
  // One row: its lock admits one writer of the log at a time, and the intent of the next checkpoint lies beside it.
  `CREATE TABLE ${schema}.log_state (
    id smallint PRIMARY KEY CHECK (id = 1),
    origin text,
    vkey text,
    size bigint NOT NULL CHECK (size >= 0),
    frontier bytea[] NOT NULL,
    intent_size bigint CHECK (intent_size BETWEEN 1 AND size),
    intent_root bytea CHECK (octet_length(intent_root) = 32),
    CHECK ((intent_size IS NULL) = (intent_root IS NULL)),
    CHECK ((origin IS NULL) = (vkey IS NULL))
  )`,
  `INSERT INTO ${schema}.log_state (id, size, frontier) VALUES (1, 0, '{}')`,
  `CREATE TABLE ${schema}.batch (
    batch_id uuid PRIMARY KEY,
    model_version_id ${hash}(model_version_id) = 32),
    log_index bigint NOT NULL UNIQUE REFERENCES ${schema}.log_entry (log_index),
    root ${hash}(root) = 32),
    leaf_count integer NOT NULL CHECK (leaf_count BETWEEN 1 AND 5000),
    sealed_at timestamptz NOT NULL
  )`,
  `CREATE TABLE ${schema}.leaf (
    id bigserial PRIMARY KEY,
    leaf_hash ${hash}(leaf_hash) = 32) UNIQUE,
    model_version_id ${hash}(model_version_id) = 32),
    nonce ${hash}(nonce) = 32),
    verification_id uuid NOT NULL,
    accepted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    batch_id uuid REFERENCES ${schema}.batch (batch_id),
    leaf_index integer,
    UNIQUE (model_version_id, nonce),
    CHECK ((batch_id IS NULL) = (leaf_index IS NULL))
  ) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02)`,
  `CREATE INDEX leaf_pending ON ${schema}.leaf (model_version_id, id) WHERE batch_id IS NULL`,
  `CREATE UNIQUE INDEX leaf_in_batch ON ${schema}.leaf (batch_id, leaf_index) WHERE batch_id IS NOT NULL`,
  // The columns that R-ANCHOR-1 names; one row for each batch, whose id it has.
  `CREATE TABLE ${schema}.model_anchors (
    anchor_id uuid PRIMARY KEY REFERENCES ${schema}.batch (batch_id),
    model_version_id ${hash}(model_version_id) = 32),
    merkle_root ${hash}(merkle_root) = 32),
    anchored_at timestamptz NOT NULL,
    version_id text,
    txid text,
    log_index bigint NOT NULL UNIQUE REFERENCES ${schema}.log_entry (log_index)
  )`,
  `CREATE INDEX model_anchors_by_model ON ${schema}.model_anchors (model_version_id, log_index DESC)`,
  `CREATE INDEX model_anchors_open ON ${schema}.model_anchors (log_index) WHERE txid IS NULL`,
  `CREATE TABLE ${schema}.checkpoint (
    size bigint PRIMARY KEY CHECK (size > 0),
    root ${hash}(root) = 32),
    note text NOT NULL,
    published_at timestamptz NOT NULL
  )`,
  `CREATE TABLE ${schema}.chain_anchor (
    anchor_id uuid PRIMARY KEY,
    network text NOT NULL,
    checkpoint_size bigint NOT NULL REFERENCES ${schema}.checkpoint (size),
    commitment ${hash}(commitment) = 32),
    contract text NOT NULL,
    submitter text NOT NULL,
    state text NOT NULL CHECK (state IN ('prepared', 'sent', 'included', 'final', 'orphaned', 'failed')),
    revision integer NOT NULL DEFAULT 0,
    block_number bigint,
    block_hash text,
    transaction text,
    gas_used bigint,
    failure text,
    proof jsonb,
    created_at timestamptz NOT NULL,
    final_at timestamptz,
    CHECK (state <> 'final' OR (proof IS NOT NULL AND transaction IS NOT NULL AND final_at IS NOT NULL))
  )`,
  // A checkpoint has one anchor on a network, beside those that failed.
  `CREATE UNIQUE INDEX chain_anchor_live ON ${schema}.chain_anchor (network, checkpoint_size) WHERE state <> 'failed'`,
  `CREATE INDEX chain_anchor_open ON ${schema}.chain_anchor (network)
     WHERE state IN ('prepared', 'sent', 'included', 'orphaned')`,
  `CREATE INDEX chain_anchor_created ON ${schema}.chain_anchor (network, created_at DESC)`,
  `CREATE TABLE ${schema}.anchor_attempt (
    anchor_id uuid NOT NULL REFERENCES ${schema}.chain_anchor (anchor_id),
    attempt integer NOT NULL CHECK (attempt >= 1),
    nonce bigint NOT NULL CHECK (nonce >= 0),
    raw text NOT NULL,
    hash text NOT NULL UNIQUE,
    gas numeric(78,0) NOT NULL,
    max_fee_per_gas numeric(78,0) NOT NULL,
    max_priority_fee_per_gas numeric(78,0) NOT NULL,
    sent_at_block bigint,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (anchor_id, attempt)
  )`,
  `CREATE TABLE ${schema}.nonce_lane (
    network text NOT NULL,
    submitter text NOT NULL,
    next_nonce bigint NOT NULL CHECK (next_nonce >= 0),
    PRIMARY KEY (network, submitter)
  )`,
];

const tables = [
  'nonce_lane',
  'anchor_attempt',
  'chain_anchor',
  'checkpoint',
  'model_anchors',
  'leaf',
  'batch',
  'log_state',
  'log_node',
  'log_entry',
  'model',
];

/** Leaves, batches, log, checkpoints and anchors; outbox. */
export class CreateAnchors1763700000000 implements MigrationInterface {
  readonly name = 'CreateAnchors1763700000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...up, ...outbox.up]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of outbox.down) await runner.query(statement);
    for (const table of tables) await runner.query(`DROP TABLE ${schema}.${table}`);
  }
}
