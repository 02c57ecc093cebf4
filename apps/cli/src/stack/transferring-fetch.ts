import type { StackDescription } from '@touchstone/embedded';
import { decodePaymentRequiredHeader } from '@x402/core/http';
import type { PaymentRequired } from '@x402/core/types';
import type { PrivateKeyAccount } from 'viem/accounts';
import { CommandError, exitCodes } from '../exit-codes.js';
import { chooseOffer } from './offer.js';
import { claimHeader, readTransferOffer, TRANSFER_HEADER, transferTokens } from './transfer.js';

const PAYMENT_REQUIRED = 402;

/**
 * A `fetch` that pays by a transfer of its own: it asks what to pay, transfers, waits until the transfer is deep enough, signs
 * the claim that binds it to this request, and asks again.
 *
 * @param limit Most that is transferred, in atomic units
 * @param onClaim Told the header of the claim before it is sent
 */
export function transferringFetch(
  stack: StackDescription,
  account: PrivateKeyAccount,
  limit: bigint,
  modelVersionId: string,
  onClaim: (header: string) => void = () => undefined,
): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const body = new Uint8Array(await request.clone().arrayBuffer());
    const asked = await fetch(request.clone());
    if (asked.status !== PAYMENT_REQUIRED) return asked;
    const required = readRequired(asked);
    const offer = chooseOffer(required, stack, limit);
    const { pathname, search } = new URL(request.url);
    const paidFor = { method: request.method, target: `${pathname}${search}`, body, modelVersionId };
    const { confirmations, digest } = readTransferOffer(required, paidFor);
    await asked.body?.cancel();
    const receipt = await transferTokens(stack, account, offer, confirmations);
    const claimed = await claimHeader(stack, account, offer, receipt, digest);
    const headers = new Headers(request.headers);
    onClaim(claimed);
    headers.set(TRANSFER_HEADER, claimed);
    return fetch(new Request(request, { headers }));
  };
}

function readRequired(response: Response): PaymentRequired {
  try {
    return decodePaymentRequiredHeader(response.headers.get('payment-required') ?? '');
  } catch (cause) {
    throw new CommandError(exitCodes.io, 'The service asks for a payment and does not say which.', { cause });
  }
}
