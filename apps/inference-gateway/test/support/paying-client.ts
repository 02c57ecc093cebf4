import { decodePaymentRequiredHeader, encodePaymentSignatureHeader } from '@x402/core/http';
import { x402Client } from '@x402/core/client';
import type { PaymentPayload, PaymentRequired } from '@x402/core/types';
import { ExactEvmScheme } from '@x402/evm/exact/client';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';

/** A payer with the unmodified client of the x402 library and a key of its own. */
export class PayingClient {
  readonly account = privateKeyToAccount(generatePrivateKey());
  readonly client = new x402Client().register('eip155:*', new ExactEvmScheme(this.account));

  /** The payer's address in lower case. */
  get payer(): string {
    return this.account.address.toLowerCase();
  }

  /** Reads a challenge from a 402. */
  challengeOf(response: Response): PaymentRequired {
    const header = response.headers.get('payment-required');
    if (header === null) throw new Error(`The answer ${response.status} has no PAYMENT-REQUIRED.`);
    return decodePaymentRequiredHeader(header);
  }

  /** Signs a payment for a challenge. */
  pay(challenge: PaymentRequired): Promise<PaymentPayload> {
    return this.client.createPaymentPayload(challenge);
  }

  /** The header of a payment for what a 402 asks. */
  async headerFor(response: Response): Promise<Record<string, string>> {
    return headerOf(await this.pay(this.challengeOf(response)));
  }
}

/** The header that carries a payment. */
export function headerOf(payment: PaymentPayload): Record<string, string> {
  return { 'PAYMENT-SIGNATURE': encodePaymentSignatureHeader(payment) };
}
