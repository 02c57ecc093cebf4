import { outboxTables } from '@touchstone/postgres';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const outbox = outboxTables('payments');

const tables = [
  `CREATE TABLE payments.reservations (
    id uuid PRIMARY KEY,
    network text NOT NULL,
    asset text NOT NULL CHECK (asset ~ '^0x[0-9a-f]{40}$'),
    payer text NOT NULL CHECK (payer ~ '^0x[0-9a-f]{40}$'),
    nonce bytea NOT NULL CHECK (length(nonce) = 32),
    request_digest bytea NOT NULL CHECK (length(request_digest) = 32),
    authorization_digest bytea NOT NULL CHECK (length(authorization_digest) = 32),
    pay_to text NOT NULL CHECK (pay_to ~ '^0x[0-9a-f]{40}$'),
    amount numeric(78,0) NOT NULL CHECK (amount >= 0),
    valid_before numeric(78,0) NOT NULL,
    state text NOT NULL CHECK (state IN ('reserved', 'released', 'settling', 'settled', 'failed')),
    verified boolean NOT NULL DEFAULT false,
    lease_until timestamptz NOT NULL,
    from_block bigint NOT NULL,
    transaction bytea CHECK (length(transaction) = 32),
    log_index integer,
    settlement jsonb,
    reason text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT reservations_one_per_payment UNIQUE (network, asset, payer, nonce),
    CONSTRAINT reservations_terminal_has_settlement
      CHECK (state NOT IN ('settled', 'failed') OR settlement IS NOT NULL),
    CONSTRAINT reservations_settled_has_transfer
      CHECK (state <> 'settled' OR (transaction IS NOT NULL AND log_index IS NOT NULL))
  )`,
  // The second payment key: one transfer pays once, however it is presented.
  `CREATE UNIQUE INDEX reservations_one_per_transfer
     ON payments.reservations (network, asset, transaction, log_index) WHERE state = 'settled'`,
  `CREATE INDEX reservations_open ON payments.reservations (updated_at) WHERE state = 'settling'`,
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
    state text NOT NULL CHECK (state IN ('signed', 'mined', 'replaced')),
    signed_at timestamptz NOT NULL,
    touched_at timestamptz NOT NULL
  )`,
  // One live transaction per nonce of a key and one per reservation: the database refuses a second charge.
  `CREATE UNIQUE INDEX transactions_one_per_nonce
     ON payments.transactions (network, account, nonce) WHERE state = 'signed'`,
  `CREATE UNIQUE INDEX transactions_one_per_reservation
     ON payments.transactions (reservation_id) WHERE state <> 'replaced'`,
];

/** Reservations, relayer nonces, signed transactions, outbox. */
export class CreatePayments1785000000000 implements MigrationInterface {
  readonly name = 'CreatePayments1785000000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...outbox.up, ...tables]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['transactions', 'lanes', 'reservations'])
      await runner.query(`DROP TABLE payments.${table}`);
    for (const statement of outbox.down) await runner.query(statement);
  }
}
