import type { MigrationInterface, QueryRunner } from 'typeorm';
import { GATEWAY_SCHEMA as schema } from '../schema.js';

/** What proofs of executions speak of, the proofs, and who makes one now. */
export class ExecutionProofs1764100000000 implements MigrationInterface {
  readonly name = 'ExecutionProofs1764100000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of up) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['proof_claims', 'execution_proofs', 'provable_outputs'])
      await runner.query(`DROP TABLE ${schema}.${table}`);
  }
}

const up = [
  `CREATE TABLE ${schema}.provable_outputs (
    verification_id uuid PRIMARY KEY REFERENCES ${schema}.verifications,
    inputs jsonb NOT NULL,
    outputs jsonb NOT NULL
  )`,
  `CREATE TABLE ${schema}.execution_proofs (
    id uuid PRIMARY KEY,
    verification_id uuid NOT NULL REFERENCES ${schema}.provable_outputs,
    state text NOT NULL CHECK (state IN ('recorded', 'executed', 'settled', 'payment-failed')),
    model_version_id bytea NOT NULL CHECK (octet_length(model_version_id) = 32),
    reservation_id uuid UNIQUE,
    request_digest bytea CHECK (octet_length(request_digest) = 32),
    payment jsonb,
    body bytea NOT NULL,
    event jsonb NOT NULL,
    settlement jsonb,
    failure text,
    handed_out boolean NOT NULL DEFAULT false,
    settle_after timestamptz,
    created_at timestamptz NOT NULL,
    settled_at timestamptz,
    CHECK ((state = 'recorded') = (reservation_id IS NULL)),
    CHECK ((reservation_id IS NULL) = (request_digest IS NULL)),
    CHECK ((reservation_id IS NULL) = (payment IS NULL)),
    CHECK ((state = 'settled') = (settled_at IS NOT NULL))
  )`,
  `CREATE INDEX execution_proofs_verification ON ${schema}.execution_proofs (verification_id)`,
  `CREATE INDEX execution_proofs_payment_nonce ON ${schema}.execution_proofs ((payment ->> 'nonce'))`,
  `CREATE INDEX execution_proofs_unsettled ON ${schema}.execution_proofs (settle_after) WHERE state = 'executed'`,
  `CREATE TABLE ${schema}.proof_claims (
    verification_id uuid PRIMARY KEY,
    claim_id uuid NOT NULL,
    until timestamptz NOT NULL
  )`,
];
