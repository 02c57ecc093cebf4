import { laneTables } from '@touchstone/evm';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ANCHOR_SCHEMA as schema } from '../schema.js';

const lanes = laneTables(schema);

/** Of the registry's `anchor(bytes32,uint256)`; a transaction whose nonce is lost is signed anew. */
const ANCHOR_SELECTOR = '0xdb2c4aca';

// An anchor that has not ended keeps its bytes; where they stand is looked up by the first run.
const moveOpen = `
  INSERT INTO ${schema}.lane_transaction
    (id, subject, network, account, nonce, call, attempts, sent_at_block, state, signed_at, touched_at)
  SELECT gen_random_uuid(), anchor_id, network, submitter, newest.nonce,
         jsonb_build_object('to', contract, 'data', '${ANCHOR_SELECTOR}' || encode(commitment, 'hex')
           || lpad(to_hex(chain_anchor.checkpoint_size), 64, '0'), 'gas', max(made.gas)::text),
         jsonb_agg(jsonb_build_object('hash', made.hash, 'raw', made.raw, 'maxFeePerGas', made.max_fee_per_gas::text,
           'maxPriorityFeePerGas', made.max_priority_fee_per_gas::text) ORDER BY made.attempt),
         (array_agg(made.sent_at_block ORDER BY made.attempt DESC))[1], 'open', chain_anchor.created_at, chain_anchor.created_at
  FROM ${schema}.chain_anchor
  JOIN LATERAL (SELECT max(nonce) AS nonce FROM ${schema}.anchor_attempt WHERE anchor_id = chain_anchor.anchor_id)
    AS newest ON true
  JOIN ${schema}.anchor_attempt AS made USING (anchor_id)
  WHERE chain_anchor.state IN ('prepared', 'sent', 'included', 'orphaned') AND made.nonce = newest.nonce
  GROUP BY anchor_id, network, submitter, newest.nonce, contract, commitment, chain_anchor.checkpoint_size, chain_anchor.created_at`;

const up = [
  ...lanes.up,
  `INSERT INTO ${schema}.lane (network, account, next_nonce) SELECT network, submitter, next_nonce FROM ${schema}.nonce_lane`,
  moveOpen,
  `DROP TABLE ${schema}.anchor_attempt`,
  `DROP TABLE ${schema}.nonce_lane`,
];

const down = [
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
  `INSERT INTO ${schema}.nonce_lane (network, submitter, next_nonce) SELECT network, account, next_nonce FROM ${schema}.lane`,
  `INSERT INTO ${schema}.anchor_attempt
     (anchor_id, attempt, nonce, raw, hash, gas, max_fee_per_gas, max_priority_fee_per_gas, sent_at_block, created_at)
   SELECT subject, row_number() OVER (PARTITION BY subject ORDER BY signed_at, place), nonce, attempt ->> 'raw',
          attempt ->> 'hash', (call ->> 'gas')::numeric, (attempt ->> 'maxFeePerGas')::numeric,
          (attempt ->> 'maxPriorityFeePerGas')::numeric, sent_at_block, signed_at
   FROM ${schema}.lane_transaction, jsonb_array_elements(attempts) WITH ORDINALITY AS made (attempt, place)`,
  ...lanes.down,
];

/** Transactions are sent by the lane that all services share, with tables of its own. */
export class Lanes1764300000000 implements MigrationInterface {
  readonly name = 'Lanes1764300000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of up) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of down) await runner.query(statement);
  }
}
