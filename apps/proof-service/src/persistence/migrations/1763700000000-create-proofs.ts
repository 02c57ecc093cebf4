import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Records of outputs, as the gateway announced them, and the commitments that were published. */
const OUTPUTS = [
  `CREATE TABLE proofs.output (
     verification_id uuid PRIMARY KEY,
     leaf bytea NOT NULL CHECK (length(leaf) = 32),
     commitment_hash bytea NOT NULL CHECK (length(commitment_hash) = 32),
     record text NOT NULL,
     recorded_at timestamptz NOT NULL
   )`,
  `CREATE INDEX output_by_leaf ON proofs.output (leaf)`,
  `CREATE TABLE proofs.model_commitment (
     commitment_hash bytea PRIMARY KEY CHECK (length(commitment_hash) = 32),
     model_version_id bytea NOT NULL CHECK (length(model_version_id) = 32)
   )`,
];

/**
 * This service's own copy of the log. Entries may arrive in any order; `log_state.size` counts the dense prefix, and
 * nodes exist for that prefix alone.
 */
const LOG = [
  `CREATE TABLE proofs.log_entry (log_index bigint PRIMARY KEY CHECK (log_index >= 0), entry text NOT NULL)`,
  `CREATE TABLE proofs.log_node (
     level smallint NOT NULL,
     index bigint NOT NULL,
     hash bytea NOT NULL CHECK (length(hash) = 32),
     PRIMARY KEY (level, index)
   )`,
  `CREATE TABLE proofs.log_state (id smallint PRIMARY KEY CHECK (id = 1), size bigint NOT NULL)`,
  `INSERT INTO proofs.log_state (id, size) VALUES (1, 0)`,
];

/** `nodes` holds the complete subtrees, level by level; uncompressed outside the row, so that a slice is one read. */
const BATCHES = [
  `CREATE TABLE proofs.batch (
     log_index bigint PRIMARY KEY,
     batch_id uuid NOT NULL UNIQUE,
     leaf_count integer NOT NULL CHECK (leaf_count > 0),
     nodes bytea NOT NULL,
     sealed_at timestamptz NOT NULL
   )`,
  `ALTER TABLE proofs.batch ALTER COLUMN nodes SET STORAGE EXTERNAL`,
  `CREATE TABLE proofs.batch_leaf (
     log_index bigint NOT NULL,
     leaf_index integer NOT NULL,
     leaf bytea NOT NULL CHECK (length(leaf) = 32),
     PRIMARY KEY (log_index, leaf_index)
   )`,
  `CREATE INDEX batch_leaf_by_leaf ON proofs.batch_leaf (leaf, log_index)`,
];

const CHECKPOINTS = [
  `CREATE TABLE proofs.checkpoint (
     commitment bytea PRIMARY KEY CHECK (length(commitment) = 32),
     size bigint NOT NULL CHECK (size > 0),
     root bytea NOT NULL CHECK (length(root) = 32),
     note text NOT NULL,
     state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'verified', 'refused')),
     reason text,
     anchored boolean NOT NULL DEFAULT false,
     published_at timestamptz NOT NULL
   )`,
  `CREATE UNIQUE INDEX checkpoint_verified ON proofs.checkpoint (size) WHERE state = 'verified'`,
  `CREATE INDEX checkpoint_anchored ON proofs.checkpoint (size) WHERE state = 'verified' AND anchored`,
  `CREATE INDEX checkpoint_pending ON proofs.checkpoint (size) WHERE state = 'pending'`,
  `CREATE TABLE proofs.anchor (
     anchor_id uuid PRIMARY KEY,
     commitment bytea NOT NULL CHECK (length(commitment) = 32),
     network text NOT NULL,
     proof text NOT NULL,
     transaction text NOT NULL,
     block_number numeric(78) NOT NULL,
     final_at timestamptz NOT NULL,
     matched boolean NOT NULL DEFAULT false
   )`,
  `CREATE INDEX anchor_by_commitment ON proofs.anchor (commitment)`,
  `CREATE INDEX anchor_unmatched ON proofs.anchor (commitment) WHERE NOT matched`,
];

const TABLES = [
  ...['anchor', 'checkpoint', 'batch_leaf', 'batch', 'log_state', 'log_node', 'log_entry'],
  ...['model_commitment', 'output'],
];

/** The read model: outputs, the copy of the log, batches with their trees, checkpoints and anchors. */
export class CreateProofs1763700000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...OUTPUTS, ...LOG, ...BATCHES, ...CHECKPOINTS]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await runner.query(`DROP TABLE proofs.${table}`);
  }
}
