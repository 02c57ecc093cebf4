import { fromBytea } from '@touchstone/postgres';
import type { OpenAnchor, Attempt } from '../domain/anchor/anchor.js';
import { ANCHOR_SCHEMA as schema } from './schema.js';

/** An open anchor as PostgreSQL answers it; `attempts` in their order. */
export interface OpenAnchorRow {
  readonly anchorId: string;
  readonly revision: number;
  readonly state: OpenAnchor['state'];
  readonly checkpointSize: string;
  readonly commitment: Buffer;
  readonly submitter: string;
  readonly blockNumber: string | null;
  readonly blockHash: string | null;
  readonly attempts: readonly AttemptRow[];
}

interface AttemptRow {
  readonly nonce: number;
  readonly raw: string;
  readonly hash: string;
  readonly gas: string;
  readonly maxFeePerGas: string;
  readonly maxPriorityFeePerGas: string;
  readonly sentAtBlock: string | null;
}

/** Anchors that have not ended; `$1` is the network. Integers beyond 2^53 travel as text. */
export const OPEN_ANCHORS_SQL = `
  SELECT anchor_id AS "anchorId", revision, state, checkpoint_size::text AS "checkpointSize", commitment, submitter,
         block_number::text AS "blockNumber", block_hash AS "blockHash", made.attempts
  FROM ${schema}.chain_anchor
  CROSS JOIN LATERAL (
    SELECT max(nonce) AS nonce, json_agg(json_build_object(
             'nonce', nonce, 'raw', raw, 'hash', hash, 'gas', gas::text, 'maxFeePerGas', max_fee_per_gas::text,
             'maxPriorityFeePerGas', max_priority_fee_per_gas::text, 'sentAtBlock', sent_at_block::text
           ) ORDER BY attempt) AS attempts
    FROM ${schema}.anchor_attempt WHERE anchor_attempt.anchor_id = chain_anchor.anchor_id
  ) AS made
  WHERE network = $1 AND state IN ('prepared', 'sent', 'included', 'orphaned')
  ORDER BY made.nonce`;

/** Reads a row of {@link OPEN_ANCHORS_SQL}. */
export function toOpenAnchor(row: OpenAnchorRow): OpenAnchor {
  const { anchorId, revision, state, submitter, blockNumber, blockHash } = row;
  return {
    anchorId,
    revision,
    state,
    submitter,
    checkpointSize: BigInt(row.checkpointSize),
    commitment: fromBytea(row.commitment),
    attempts: row.attempts.map(toAttempt),
    block:
      blockNumber === null || blockHash === null
        ? undefined
        : { number: BigInt(blockNumber), hash: blockHash },
  };
}

function toAttempt({ nonce, raw, hash, ...row }: AttemptRow): Attempt {
  return {
    nonce,
    raw,
    hash,
    gas: BigInt(row.gas),
    maxFeePerGas: BigInt(row.maxFeePerGas),
    maxPriorityFeePerGas: BigInt(row.maxPriorityFeePerGas),
    sentAtBlock: row.sentAtBlock === null ? null : BigInt(row.sentAtBlock),
  };
}
