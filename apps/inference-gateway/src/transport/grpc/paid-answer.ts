import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { messageBytes, setTrailer } from '@touchstone/platform/grpc';
import type { BoundCall } from '../../domain/payment/bound-parts.js';
import { PaymentChallenge, settlementPending } from '../../domain/payment/payment-challenge.js';
import type { Reply } from '../../domain/payment/reply.js';
import { TRANSFER_HEADER, type PaymentHeader } from '../../domain/payment/transfers.js';
import { onePayment, paymentRequiredHeader, paymentResponseHeader } from '../x402-headers.js';

/** A call whose answer may cost something. */
export type PaidCall = ServerUnaryCall<unknown, unknown>;

/** What a payment is bound to of a call (protocol section 10), and the payment. */
export function boundCallOf(
  message: object,
  metadata: Metadata,
  call: PaidCall,
): BoundCall & { readonly paymentHeader: PaymentHeader | undefined } {
  return {
    body: messageBytes(message),
    method: 'POST',
    target: call.getPath(),
    paymentHeader: paymentOf(metadata),
  };
}

/**
 * Answers a call that may cost something, with the headers of x402 version 2 as trailers.
 *
 * @param shown the message of an answer, and where the state of one stands whose settlement is not known yet
 */
export async function answerPaid(
  call: PaidCall,
  work: () => Promise<Reply>,
  shown: { messageOf(body: Uint8Array): object; pendingUrl(verificationId: string): string },
): Promise<object> {
  return tellingChallenges(call, async () => answer(call, await work(), shown));
}

/** Does work that may cost something; what is to be paid is told in the headers of x402 version 2, as trailers. */
export async function tellingChallenges<T>(call: PaidCall, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PaymentChallenge) {
      setTrailer(call, 'payment-required', paymentRequiredHeader(error));
      const { settlement } = error.challenge;
      if (settlement) setTrailer(call, 'payment-response', paymentResponseHeader(settlement));
    }
    throw error;
  }
}

function answer(call: PaidCall, reply: Reply, shown: Parameters<typeof answerPaid>[2]): object {
  if (reply.settlement) setTrailer(call, 'payment-response', paymentResponseHeader(reply.settlement));
  if (reply.kind === 'pending') {
    setTrailer(call, 'verification-id', reply.verificationId);
    throw settlementPending(reply.message, shown.pendingUrl(reply.verificationId));
  }
  if (reply.replayed) setTrailer(call, 'idempotent-replayed', 'true');
  return shown.messageOf(reply.body);
}

/** What was sent twice is joined by a comma, as over HTTP, which no payment survives. */
function paymentOf(metadata: Metadata): PaymentHeader | undefined {
  const valueOf = (name: string) => {
    const values = metadata.get(name).map(String);
    return values.length === 0 ? undefined : values.join(',');
  };
  return onePayment({ signature: valueOf('payment-signature'), transferClaim: valueOf(TRANSFER_HEADER) });
}
