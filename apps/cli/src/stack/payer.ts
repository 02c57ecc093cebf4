import { ExactEvmScheme } from '@x402/evm';
import { encodePaymentSignatureHeader } from '@x402/core/http';
import type { PaymentPayload, PaymentRequired, PaymentRequirements } from '@x402/core/types';
import { wrapFetchWithPayment, x402Client } from '@x402/fetch';
import { privateKeyToAccount, type PrivateKeyAccount } from 'viem/accounts';
import type { StackDescription } from '@touchstone/embedded';
import { CommandError, exitCodes } from '../exit-codes.js';
import { chooseOffer, networkOf, requireSigned } from './offer.js';
import { PAYMENT_ATOMIC_MAX } from './price.js';
import { readSecret } from './read-secret.js';

/** A payment that was signed and not sent. */
export interface SignedPayment {
  readonly header: string;
  /** The offer that it pays, and no other. */
  readonly offer: PaymentRequirements;
  /** Seconds since 1970 at which it ends to be valid. */
  readonly validBefore: number;
}

/** The official client with what a test of it needs beside paying. */
export interface Payer {
  readonly account: PrivateKeyAccount;
  /** `fetch` that pays what it is asked, by the official client over a fetch that only looks on. */
  readonly fetch: typeof fetch;
  /** The payment header of the last paid request, for a replay. */
  lastPayment(): string | undefined;
  /** A payment header for requirements that may differ from what the server asked for. */
  payment(required: PaymentRequired): Promise<string>;
  /** As {@link payment}, with what was signed. */
  sign(required: PaymentRequired): Promise<SignedPayment>;
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

/**
 * The official client for one payment. It gets one offer, which was checked, instead of all that a service made, and
 * what it signs is compared with that offer before anybody sees it.
 */
class CheckingClient extends x402Client {
  /** Why nothing was paid; the wrapper around fetch keeps no more of an error than its text. */
  refusal: CommandError | undefined;
  validBefore = 0;

  constructor(
    private readonly stack: StackDescription,
    private readonly account: PrivateKeyAccount,
    private readonly limit: bigint,
  ) {
    super();
    this.register(networkOf(stack.chain), new ExactEvmScheme(account));
  }

  override async createPaymentPayload(required: PaymentRequired): Promise<PaymentPayload> {
    try {
      const offer = chooseOffer(required, this.stack, this.limit);
      const { network, asset } = offer;
      // The client's own limit would be 1 USD, whatever was allowed here.
      this.setSpendControls({
        allowedAssets: [{ network, asset, maxAmountPerPayment: this.limit.toString() }],
      });
      const payment = await super.createPaymentPayload({ ...required, accepts: [offer] });
      this.validBefore = await requireSigned(payment, offer, this.account.address);
      return payment;
    } catch (error) {
      if (error instanceof CommandError) this.refusal = error;
      throw error;
    }
  }
}

/** What the client says of a 402 that it cannot read is the service's mistake, and no trace of ours helps. */
function unpayable(error: unknown): unknown {
  if (!(error instanceof Error) || !/^Failed to (parse|create) payment/.test(error.message)) return error;
  return new CommandError(exitCodes.io, error.message, { cause: error });
}

/**
 * Joins the official client, its EVM scheme and an account.
 *
 * @param limit Most that one payment may be, in atomic units
 */
export function createPayer(
  stack: StackDescription,
  account: PrivateKeyAccount,
  limit: bigint = PAYMENT_ATOMIC_MAX,
): Payer {
  let last: string | undefined;
  const observed: typeof fetch = (input, init) => {
    const request = new Request(input, init);
    last = request.headers.get(PAYMENT_HEADER) ?? last;
    return fetch(request);
  };
  const sign = async (required: PaymentRequired): Promise<SignedPayment> => {
    const client = new CheckingClient(stack, account, limit);
    const payment = await client.createPaymentPayload(required);
    const header = encodePaymentSignatureHeader(payment);
    return { header, offer: payment.accepted, validBefore: client.validBefore };
  };
  return {
    account,
    fetch: async (input, init) => {
      const client = new CheckingClient(stack, account, limit);
      try {
        return await wrapFetchWithPayment(observed, client)(input, init);
      } catch (error) {
        throw client.refusal ?? unpayable(error);
      }
    },
    lastPayment: () => last,
    payment: async (required) => (await sign(required)).header,
    sign,
  };
}
