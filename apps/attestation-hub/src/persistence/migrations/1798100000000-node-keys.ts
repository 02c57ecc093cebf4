import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Keys of nodes, the tokens with which they join, and what nodes signed last. */
export class NodeKeys1798100000000 implements MigrationInterface {
  readonly name = 'NodeKeys1798100000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE attestation.node ADD COLUMN signed_key_id text, ADD COLUMN nonce text');
    await runner.query(`
      CREATE TABLE attestation.join_token (
        hash bytea PRIMARY KEY CHECK (length(hash) = 32),
        node_id text COLLATE "C" NOT NULL CHECK (length(node_id) BETWEEN 1 AND 128),
        expires_at timestamptz NOT NULL,
        used_at timestamptz
      )`);
    await runner.query(`
      CREATE TABLE attestation.node_key (
        key_id text COLLATE "C" PRIMARY KEY CHECK (length(key_id) = 64),
        node_id text COLLATE "C" NOT NULL CHECK (length(node_id) BETWEEN 1 AND 128),
        public_key bytea NOT NULL CHECK (length(public_key) = 32),
        state text NOT NULL CHECK (state IN ('active', 'replaced', 'revoked')),
        registered_at timestamptz NOT NULL,
        closed_at timestamptz,
        nonce text NOT NULL,
        nonce_at timestamptz NOT NULL,
        CHECK ((state = 'active') = (closed_at IS NULL))
      )`);
    await runner.query('CREATE INDEX node_key_node ON attestation.node_key (node_id)');
    await runner.query(
      "CREATE UNIQUE INDEX node_key_active ON attestation.node_key (node_id) WHERE state = 'active'",
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE attestation.node_key, attestation.join_token');
    await runner.query('ALTER TABLE attestation.node DROP COLUMN nonce, DROP COLUMN signed_key_id');
  }
}
