import { readRpc, rpcData, rpcReceipt } from '@touchstone/evm';
import { z } from 'zod';
import type { TokenTransfer } from '../../domain/judge-transfer.js';
import { topics } from './authorization-logs.js';

const METHOD = 'eth_getTransactionReceipt';
const lowerHex = rpcData.transform((text) => text.toLowerCase());

/** A receipt with its logs as JSON-RPC gives it. */
const receiptWithLogs = rpcReceipt.extend({
  logs: z.array(
    z.object({
      address: lowerHex,
      topics: z.array(lowerHex).max(4),
      data: lowerHex,
      logIndex: z
        .string()
        .regex(/^0x[0-9a-f]{1,12}$/i)
        .transform(Number),
    }),
  ),
});
export type ReceiptWithLogs = z.output<typeof receiptWithLogs>;

/** @throws AppError `dependency-unavailable` for an answer of another shape */
export function readReceipt(result: unknown): ReceiptWithLogs {
  return readRpc(receiptWithLogs, result, METHOD);
}

/** Characters of 32 bytes with `0x`. */
const WORD_CHARACTERS = 66;

const addressOf = (topic: string): string => `0x${topic.slice(-40)}`;

/**
 * Every `Transfer` of a token in one transaction. Events of other contracts are passed over: anybody can write one that
 * looks like a token's. A transfer belongs to the authorisation that the same token used last before it, when that is
 * one of its sender: the token writes `AuthorizationUsed` before it moves what was authorised.
 */
export function transfersOf({ logs }: ReceiptWithLogs, asset: string): TokenTransfer[] {
  const transfers: TokenTransfer[] = [];
  let used: { readonly authorizer: string; readonly nonce: string } | undefined;
  for (const [position, { address, topics: parts, data, logIndex }] of logs.entries()) {
    if (address !== asset) continue;
    const [topic, first, second] = parts;
    if (first === undefined || second === undefined || parts.length !== 3) continue;
    if (topic === topics.used) used = { authorizer: addressOf(first), nonce: second.slice(2) };
    if (topic !== topics.transfer || data.length !== WORD_CHARACTERS) continue;
    const from = addressOf(first);
    const nonce = used?.authorizer === from ? used.nonce : null;
    transfers.push({ from, to: addressOf(second), amount: BigInt(data), logIndex, position, nonce });
  }
  return transfers;
}
