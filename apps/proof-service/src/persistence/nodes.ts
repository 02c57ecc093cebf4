import type { NodeId } from '@touchstone/merkle';
import { PROOF_SCHEMA as schema } from './schema.js';

const HASH_BYTES = 32;

/** Hashes of log nodes joined into one value, in the order of their ids; the parameters are two arrays. */
export function logNodesSql(levels: string, indexes: string): string {
  return `(SELECT string_agg(hash, ''::bytea ORDER BY place)
           FROM unnest(${levels}::smallint[], ${indexes}::bigint[]) WITH ORDINALITY AS wanted (level, index, place)
           JOIN ${schema}.log_node USING (level, index))`;
}

/** Slices of a batch's stored tree joined into one value; the parameter is an array of offsets in bytes. */
export function batchNodesSql(logIndex: string, offsets: string): string {
  return `(SELECT string_agg(substring(nodes FROM wanted.start + 1 FOR ${HASH_BYTES}), ''::bytea ORDER BY place)
           FROM ${schema}.batch, unnest(${offsets}::int[]) WITH ORDINALITY AS wanted (start, place)
           WHERE batch.log_index = ${logIndex})`;
}

/** The two parameters of {@link logNodesSql}. */
export function nodeParameters(ids: readonly NodeId[]): [number[], string[]] {
  return [ids.map(({ level }) => level), ids.map(({ index }) => index.toString())];
}

/** Takes joined hashes apart; what is left over is a hash of its own, which no fold accepts. */
export function splitHashes(joined: Buffer | null): Uint8Array[] {
  if (joined === null) return [];
  const hashes: Uint8Array[] = [];
  for (let start = 0; start < joined.length; start += HASH_BYTES) {
    hashes.push(new Uint8Array(joined.subarray(start, start + HASH_BYTES)));
  }
  return hashes;
}
