import { withDatabase } from '@touchstone/postgres';
import type { EntityManager } from 'typeorm';
import type { Attempt, LaneState, LaneTransaction } from '../lane/lane-transaction.js';

/** The table of transactions in a schema. */
export const transactionTable = (schema: string): string => `${schema}.lane_transaction`;

/** The rows of a statement. @throws AppError `dependency-unavailable` while the database is away */
export function rowsOf<R>(runner: EntityManager, statement: string, parameters: unknown[]): Promise<R[]> {
  return withDatabase(() => runner.query(statement, parameters) as Promise<R[]>);
}

/** A row of `lane_transaction` in the types that the driver gives. */
export interface LaneRow {
  readonly id: string;
  readonly subject: string;
  readonly account: string;
  readonly nonce: string;
  readonly call: { readonly to: string; readonly data: string; readonly gas: string };
  readonly attempts: readonly StoredAttempt[];
  readonly sent_at_block: string | null;
  readonly used_up_at_block: string | null;
  readonly state: LaneState;
  readonly mined_hash: Buffer | null;
  readonly block_number: string | null;
  readonly block_hash: Buffer | null;
  readonly succeeded: boolean | null;
  readonly gas_used: string | null;
  readonly signed_at: Date;
}

/** Integers beyond 2^53 travel as text. */
export interface StoredAttempt {
  readonly hash: string;
  readonly raw: string;
  readonly maxFeePerGas: string;
  readonly maxPriorityFeePerGas: string;
}

/** The columns above. */
export const LANE_COLUMNS = `id, subject, account, nonce, call, attempts, sent_at_block, used_up_at_block, state, mined_hash,
  block_number, block_hash, succeeded, gas_used, signed_at`;

export function storedAttempt({ hash, raw, maxFeePerGas, maxPriorityFeePerGas }: Attempt): StoredAttempt {
  return {
    hash,
    raw,
    maxFeePerGas: maxFeePerGas.toString(),
    maxPriorityFeePerGas: maxPriorityFeePerGas.toString(),
  };
}

/** Bytes of hex with or without `0x`, as a query parameter. */
export function hexParameter(hex: string): Buffer {
  return Buffer.from(hex.startsWith('0x') ? hex.slice(2) : hex, 'hex');
}

const hexOf = (bytes: Buffer): string => `0x${bytes.toString('hex')}`;
const integerOf = (text: string | null): bigint | null => (text === null ? null : BigInt(text));

export function toLaneTransaction(row: LaneRow): LaneTransaction {
  const newest = row.attempts.length - 1;
  return {
    id: row.id,
    subject: row.subject,
    account: row.account,
    nonce: Number(row.nonce),
    call: { ...row.call, gas: BigInt(row.call.gas) },
    state: row.state,
    attempts: row.attempts.map(({ maxFeePerGas, maxPriorityFeePerGas, ...signed }, place) => ({
      ...signed,
      maxFeePerGas: BigInt(maxFeePerGas),
      maxPriorityFeePerGas: BigInt(maxPriorityFeePerGas),
      // Only that of the newest is kept: the others were replaced and nobody asks when they were sent.
      sentAtBlock: place === newest ? integerOf(row.sent_at_block) : null,
    })),
    placement: placementOf(row),
    usedUpAtBlock: integerOf(row.used_up_at_block),
    signedAtMs: row.signed_at.getTime(),
  };
}

function placementOf({ mined_hash, block_number, block_hash, succeeded, gas_used }: LaneRow) {
  if (mined_hash === null || block_number === null || block_hash === null) return undefined;
  return {
    hash: hexOf(mined_hash),
    block: { number: BigInt(block_number), hash: hexOf(block_hash) },
    succeeded: succeeded === true,
    gasUsed: BigInt(gas_used ?? 0),
  };
}
