import { toEventSelector, toHex, type Hex, type Log } from 'viem';
import type { PaymentKey } from '../../domain/payment.js';

/** Topics of the events that EIP-3009 and ERC-20 define. */
export const topics = {
  used: toEventSelector('AuthorizationUsed(address,bytes32)'),
  canceled: toEventSelector('AuthorizationCanceled(address,bytes32)'),
  transfer: toEventSelector('Transfer(address,address,uint256)'),
} as const;

/** A log as `eth_getLogs` and receipts give it, reduced to what is compared. */
export type TokenLog = Pick<Log<bigint, number, false>, 'address' | 'topics' | 'data' | 'logIndex'>;

const addressTopic = (address: string): Hex => `0x${address.slice(2).toLowerCase().padStart(64, '0')}`;

/** Topics that find both ends of an authorisation. */
export function authorizationTopics(key: PaymentKey): [Hex[], Hex, Hex] {
  return [[topics.used, topics.canceled], addressTopic(key.payer), `0x${key.nonce}`];
}

/**
 * The index of the transfer that an authorisation made: the token's own `Transfer` of the agreed sum between the
 * agreed parties, after `AuthorizationUsed` of this nonce and before the next authorisation in the same transaction.
 * One transaction may carry many authorisations with equal sums, so the neighbourhood decides.
 */
export function transferOf(
  logs: readonly TokenLog[],
  payment: PaymentKey & { readonly payTo: string; readonly amount: bigint },
): number | undefined {
  const own = logs.filter(({ address }) => address.toLowerCase() === payment.asset);
  const [, payer, nonce] = authorizationTopics(payment);
  const start = own.findIndex((log) => hasTopics(log, [topics.used, payer, nonce]));
  if (start < 0) return undefined;
  const amount = toHex(payment.amount, { size: 32 });
  for (const log of own.slice(start + 1)) {
    if (log.topics[0] === topics.used) return undefined;
    if (hasTopics(log, [topics.transfer, payer, addressTopic(payment.payTo)]) && log.data === amount)
      return log.logIndex;
  }
  return undefined;
}

function hasTopics(log: TokenLog, expected: readonly Hex[]): boolean {
  return expected.every((topic, index) => log.topics[index]?.toLowerCase() === topic);
}
