import { addProblemMembers } from '@touchstone/platform/http';
import type { ServerResponse } from 'node:http';
import { PaymentChallenge, settlementPending } from '../../domain/payment/payment-challenge.js';
import type { Settlement } from '../../domain/payment/payment.js';
import type { Reply } from '../../domain/payment/reply.js';
import { TRANSFER_HEADER, type PaymentHeader } from '../../domain/payment/transfers.js';
import { v1Members, v1PaymentResponseHeader } from '../x402-v1.js';
import {
  CHALLENGE_CACHE_CONTROL,
  onePayment,
  paymentRequiredHeader,
  paymentResponseHeader,
} from '../x402-headers.js';

/** The form in which an answer is sent: the same for the same answer, since it is made anew for each repetition. */
export type Presentation = (answer: Uint8Array, settlement: Settlement | undefined) => Uint8Array;

/**
 * Answers a request that may cost something, in the headers of x402 version 2.
 *
 * @param pendingUrl where the state of an answer stands whose settlement is not known yet
 * @param present the stored bytes as they are, when left out
 */
export async function sendPaid(
  response: ServerResponse,
  work: () => Promise<Reply>,
  pendingUrl: (verificationId: string) => string,
  present: Presentation = (answer) => answer,
): Promise<void> {
  send(response, await tellingChallenges(response, work), pendingUrl, present);
}

/** Does work that may cost something; what is to be paid is told in the headers of x402 version 2, and in the body for version 1. */
export async function tellingChallenges<T>(response: ServerResponse, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PaymentChallenge) {
      response.setHeader('PAYMENT-REQUIRED', paymentRequiredHeader(error));
      response.setHeader('Cache-Control', CHALLENGE_CACHE_CONTROL);
      const { settlement } = error.challenge;
      if (settlement) tellSettlement(response, settlement);
      const members = v1Members(error);
      if (members) addProblemMembers(error, members);
    }
    throw error;
  }
}

/** In the header of version 2, and for who paid by version 1 in that of his own. */
function tellSettlement(response: ServerResponse, settlement: Settlement): void {
  response.setHeader('PAYMENT-RESPONSE', paymentResponseHeader(settlement));
  if (response.req.headers['x-payment'] !== undefined)
    response.setHeader('X-PAYMENT-RESPONSE', v1PaymentResponseHeader(settlement));
}

function send(
  response: ServerResponse,
  reply: Reply,
  pendingUrl: (verificationId: string) => string,
  present: Presentation,
): void {
  if (reply.settlement) tellSettlement(response, reply.settlement);
  if (reply.kind === 'pending') {
    const url = pendingUrl(reply.verificationId);
    response.setHeader('Location', url);
    throw settlementPending(reply.message, url);
  }
  if (reply.replayed) response.setHeader('Idempotent-Replayed', 'true');
  const body = present(reply.body, reply.settlement);
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': body.length,
    'cache-control': 'private, no-store',
  });
  response.end(body);
}

/** The payment of a request. Node joins a header that was sent twice by a comma, which no payment survives. */
export function paymentHeaderOf({
  headers,
}: {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}): PaymentHeader | undefined {
  const valueOf = (name: string) => {
    const value = headers[name];
    return Array.isArray(value) ? value.join(',') : value;
  };
  return onePayment({
    signature: valueOf('payment-signature'),
    v1: valueOf('x-payment'),
    transferClaim: valueOf(TRANSFER_HEADER),
  });
}

/** What any paid request may be refused with. */
export const paymentRefusals = [
  'payment-malformed',
  'payment-required',
  'payment-invalid',
  'payment-in-flight',
  'payment-bound-to-other-request',
  'settlement-pending',
  'rate-limited',
] as const;
