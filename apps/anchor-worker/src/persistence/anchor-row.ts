import { fromBytea } from '@touchstone/postgres';
import type { OpenAnchor } from '../domain/anchor/evm/anchor.js';
import { ANCHOR_SCHEMA as schema } from './schema.js';

/** An open anchor as PostgreSQL answers it. */
export interface OpenAnchorRow {
  readonly anchorId: string;
  readonly revision: number;
  readonly state: OpenAnchor['state'];
  readonly checkpointSize: string;
  readonly commitment: Buffer;
  readonly submitter: string;
  readonly blockNumber: string | null;
  readonly blockHash: string | null;
  readonly isSafe: boolean;
}

/** Anchors that have not ended; `$1` is the network. Integers beyond 2^53 travel as text. */
export const OPEN_ANCHORS_SQL = `
  SELECT anchor_id AS "anchorId", revision, state, open.checkpoint_size::text AS "checkpointSize", commitment, submitter,
         block_number::text AS "blockNumber", block_hash AS "blockHash",
         coalesce(safe_hash = block_hash, false) AS "isSafe"
  FROM ${schema}.chain_anchor AS open
  WHERE network = $1 AND state IN ('prepared', 'sent', 'included', 'orphaned')
  ORDER BY open.checkpoint_size, created_at`;

/** Reads a row of {@link OPEN_ANCHORS_SQL}. */
export function toOpenAnchor(row: OpenAnchorRow): OpenAnchor {
  const { anchorId, revision, state, submitter, blockNumber, blockHash, isSafe } = row;
  return {
    anchorId,
    revision,
    state,
    submitter,
    isSafe,
    checkpointSize: BigInt(row.checkpointSize),
    commitment: fromBytea(row.commitment),
    block:
      blockNumber === null || blockHash === null
        ? undefined
        : { number: BigInt(blockNumber), hash: blockHash },
  };
}
