import { ExactEvmScheme } from '@x402/evm';
import { encodePaymentSignatureHeader } from '@x402/core/http';
import type { PaymentRequired } from '@x402/core/types';
import { wrapFetchWithPayment, x402Client } from '@x402/fetch';
import { privateKeyToAccount, type PrivateKeyAccount } from 'viem/accounts';
import type { StackDescription } from '@touchstone/embedded';
import { CommandError, exitCodes } from '../exit-codes.js';
import { readSecret } from './read-secret.js';

/** The official client with what a test of it needs beside paying. */
export interface Payer {
  readonly account: PrivateKeyAccount;
  /** `fetch` that pays what it is asked, by the unmodified official client over a fetch that only looks on. */
  readonly fetch: typeof fetch;
  /** The payment header of the last paid request, for a replay. */
  lastPayment(): string | undefined;
  /** A payment header for requirements that differ from what the server asked for. */
  payment(required: PaymentRequired): Promise<string>;
}

/** The request header that carries a payment (x402 version 2). */
export const PAYMENT_HEADER = 'PAYMENT-SIGNATURE';

/** The stack's own development payer. Its key is worth nothing: the chain is a local one. */
export function developmentPayer(stateDir: string): PrivateKeyAccount {
  const key = readSecret(stateDir, 'payer', 'TOUCHSTONE_PAYER_KEY_HEX');
  if (!/^[0-9a-f]{64}$/.test(key))
    throw new CommandError(exitCodes.configuration, 'TOUCHSTONE_PAYER_KEY_HEX is not 64 hexadecimal digits.');
  return privateKeyToAccount(`0x${key}`);
}

/** Joins the official client, its EVM scheme and an account. */
export function createPayer(stack: StackDescription, account: PrivateKeyAccount): Payer {
  let last: string | undefined;
  const observed: typeof fetch = (input, init) => {
    const request = new Request(input, init);
    last = request.headers.get(PAYMENT_HEADER) ?? last;
    return fetch(request);
  };
  const client = new x402Client().register(`eip155:${stack.chain.chainId}`, new ExactEvmScheme(account));
  return {
    account,
    fetch: wrapFetchWithPayment(observed, client),
    lastPayment: () => last,
    payment: async (required) => encodePaymentSignatureHeader(await client.createPaymentPayload(required)),
  };
}
