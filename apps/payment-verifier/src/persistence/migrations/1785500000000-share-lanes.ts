import { laneTables } from '@touchstone/evm';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const lanes = laneTables('payments');

const up = [
  ...lanes.up,
  'INSERT INTO payments.lane (network, account, next_nonce) SELECT network, account, next_nonce FROM payments.lanes',
  // Where a mined transaction stands is looked up by the first run; fees were not kept, so a first raise starts at the market.
  // A lane was set back where its chain began anew, so that a nonce may have been mined twice: the chain of now has the last.
  `INSERT INTO payments.lane_transaction
     (id, subject, network, account, nonce, call, attempts, state, signed_at, touched_at)
   SELECT gen_random_uuid(), reservation_id, network, account, nonce, call,
          jsonb_build_array(jsonb_build_object('hash', '0x' || encode(hash, 'hex'), 'raw', '0x' || encode(raw, 'hex'),
            'maxFeePerGas', '0', 'maxPriorityFeePerGas', '0')),
          CASE WHEN state = 'replaced' OR (state = 'mined' AND EXISTS (
                 SELECT FROM payments.transactions AS later
                 WHERE later.network = moved.network AND later.account = moved.account AND later.nonce = moved.nonce
                   AND (later.state = 'signed' OR later.state = 'mined' AND (later.signed_at, later.hash) > (moved.signed_at, moved.hash))
               )) THEN 'lost'
               WHEN state = 'signed' THEN 'open'
               ELSE state END, signed_at, touched_at
   FROM payments.transactions AS moved`,
  'DROP TABLE payments.transactions',
  'DROP TABLE payments.lanes',
];

const down = [
  `CREATE TABLE payments.lanes (
    network text NOT NULL,
    account text NOT NULL CHECK (account ~ '^0x[0-9a-f]{40}$'),
    next_nonce bigint NOT NULL CHECK (next_nonce >= 0),
    PRIMARY KEY (network, account)
  )`,
  `CREATE TABLE payments.transactions (
    hash bytea PRIMARY KEY CHECK (length(hash) = 32),
    reservation_id uuid NOT NULL REFERENCES payments.reservations (id),
    network text NOT NULL,
    account text NOT NULL,
    nonce bigint NOT NULL,
    call jsonb NOT NULL,
    raw bytea NOT NULL,
    state text NOT NULL CONSTRAINT transactions_state_check CHECK (state IN ('signed', 'mined', 'final', 'replaced')),
    signed_at timestamptz NOT NULL,
    touched_at timestamptz NOT NULL,
    block_number bigint,
    block_hash bytea CHECK (length(block_hash) = 32),
    CONSTRAINT transactions_block_is_whole CHECK ((block_number IS NULL) = (block_hash IS NULL))
  )`,
  `CREATE UNIQUE INDEX transactions_one_per_nonce
     ON payments.transactions (network, account, nonce) WHERE state = 'signed'`,
  `CREATE UNIQUE INDEX transactions_one_per_reservation
     ON payments.transactions (reservation_id) WHERE state <> 'replaced'`,
  `CREATE INDEX transactions_not_final ON payments.transactions (block_number) WHERE state = 'mined'`,
  'INSERT INTO payments.lanes (network, account, next_nonce) SELECT network, account, next_nonce FROM payments.lane',
  // The build before knows one hash for each nonce: the one that was mined, or the newest.
  `INSERT INTO payments.transactions
     (hash, reservation_id, network, account, nonce, call, raw, state, signed_at, touched_at)
   SELECT decode(substr(kept.attempt ->> 'hash', 3), 'hex'), subject, network, account, nonce, call,
          decode(substr(kept.attempt ->> 'raw', 3), 'hex'),
          CASE state WHEN 'open' THEN 'signed' WHEN 'lost' THEN 'replaced' WHEN 'abandoned' THEN 'replaced' ELSE state END,
          signed_at, touched_at
   FROM payments.lane_transaction CROSS JOIN LATERAL (
     SELECT attempt FROM jsonb_array_elements(attempts) WITH ORDINALITY AS made (attempt, place)
     ORDER BY coalesce(attempt ->> 'hash' = '0x' || encode(mined_hash, 'hex'), false) DESC, place DESC LIMIT 1) AS kept`,
  ...lanes.down,
];

/** Transactions are sent by the lane that all services share, with tables of its own. */
export class ShareLanes1785500000000 implements MigrationInterface {
  readonly name = 'ShareLanes1785500000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of up) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of down) await runner.query(statement);
  }
}
