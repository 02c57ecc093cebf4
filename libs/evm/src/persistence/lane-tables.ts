import type { MigrationSql } from '@touchstone/postgres';

/** The tables of a lane in one schema: nonces per account, and what each nonce was taken for. */
export function laneTables(schema: string): MigrationSql {
  return {
    up: [
      `CREATE TABLE ${schema}.lane (
        network text NOT NULL,
        account text NOT NULL CHECK (account ~ '^0x[0-9a-f]{40}$'),
        next_nonce bigint NOT NULL CHECK (next_nonce >= 0),
        PRIMARY KEY (network, account)
      )`,
      `CREATE TABLE ${schema}.lane_transaction (
        id uuid PRIMARY KEY,
        subject uuid NOT NULL,
        network text NOT NULL,
        account text NOT NULL CHECK (account ~ '^0x[0-9a-f]{40}$'),
        nonce bigint NOT NULL CHECK (nonce >= 0),
        call jsonb NOT NULL,
        attempts jsonb NOT NULL CHECK (jsonb_array_length(attempts) > 0),
        sent_at_block bigint,
        used_up_at_block bigint,
        state text NOT NULL CHECK (state IN ('open', 'mined', 'final', 'lost', 'abandoned')),
        mined_hash bytea CHECK (length(mined_hash) = 32),
        block_number bigint,
        block_hash bytea CHECK (length(block_hash) = 32),
        succeeded boolean,
        gas_used bigint,
        signed_at timestamptz NOT NULL,
        touched_at timestamptz NOT NULL,
        CONSTRAINT lane_transaction_placement_is_whole CHECK (
          (block_number IS NULL) = (block_hash IS NULL) AND (block_number IS NULL) = (mined_hash IS NULL)
          AND (block_number IS NULL) = (succeeded IS NULL) AND (block_number IS NULL) = (gas_used IS NULL)),
        CONSTRAINT lane_transaction_placed_is_mined
          CHECK (block_number IS NULL OR state IN ('mined', 'final'))
      )`,
      // One transaction per nonce of an account and one per subject: the database refuses a second one.
      `CREATE UNIQUE INDEX lane_transaction_one_per_nonce
         ON ${schema}.lane_transaction (network, account, nonce) WHERE state IN ('open', 'mined')`,
      `CREATE UNIQUE INDEX lane_transaction_one_per_subject
         ON ${schema}.lane_transaction (subject) WHERE state <> 'lost'`,
      `CREATE INDEX lane_transaction_mined ON ${schema}.lane_transaction (block_number) WHERE state = 'mined'`,
      `CREATE INDEX lane_transaction_of_subject ON ${schema}.lane_transaction (subject, signed_at)`,
    ],
    down: [`DROP TABLE ${schema}.lane_transaction`, `DROP TABLE ${schema}.lane`],
  };
}
