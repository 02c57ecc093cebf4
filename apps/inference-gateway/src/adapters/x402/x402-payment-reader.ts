import { AppError, findingsOf, type ErrorDetail } from '@touchstone/contracts';
import { decodePaymentSignatureHeader } from '@x402/core/http';
import { isPaymentPayloadV2 } from '@x402/core/schemas';
import { x402ResourceServer, type FacilitatorClient } from '@x402/core/server';
import type { PaymentPayload as X402PaymentPayload } from '@x402/core/types';
import { ExactEvmScheme } from '@x402/evm/exact/server';
import { z } from 'zod';
import type { PaymentPayload, PaymentReader, PaymentRequirements } from '../../domain/payment/payment.js';

/** Largest PAYMENT-SIGNATURE header in characters; one of an ordinary wallet has about 1,200. */
export const PAYMENT_HEADER_CHARACTERS_MAX = 8_192;

const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/, 'expected 0x and 40 hex characters');
const uint = z.string().regex(/^(?:0|[1-9][0-9]{0,77})$/, 'expected a decimal integer without leading zeros');

const isSeconds = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
/** Seconds: text in the specification, a number from clients whose language writes one; the library takes both. */
const seconds = z.preprocess((value) => (isSeconds(value) ? String(value) : value), uint);

/** The payload of scheme `exact` on EVM chains with an EIP-3009 authorisation; the only one that is offered. */
const authorizationPayload = z.strictObject({
  signature: z.string().regex(/^0x(?:[0-9a-fA-F]{2}){65,2048}$/, 'expected 0x and hex of at least 65 bytes'),
  authorization: z.strictObject({
    from: address,
    to: address,
    value: uint,
    validAfter: seconds,
    validBefore: seconds,
    nonce: z.string().regex(/^0x[0-9a-fA-F]{64}$/, 'expected 0x and 64 hex characters'),
  }),
});

const x402Payload = z.object({
  x402Version: z.literal(2),
  accepted: z.record(z.string(), z.unknown()),
  payload: authorizationPayload,
});

/** The matching rule needs no facilitator; one that is asked anyway must not pretend to be there. */
const noFacilitator: FacilitatorClient = {
  verify: () => Promise.reject(new Error('Payments are verified by the payment-verifier.')),
  settle: () => Promise.reject(new Error('Payments are settled by the payment-verifier.')),
  getSupported: () => Promise.reject(new Error('Payments are verified by the payment-verifier.')),
};

/** Reads PAYMENT-SIGNATURE with the codecs and schemas of the x402 library, then our closed schema of the scheme. */
export class X402PaymentReader implements PaymentReader {
  private readonly matcher = new x402ResourceServer(noFacilitator).register('eip155:*', new ExactEvmScheme());

  read(header: string): PaymentPayload {
    if (header.length > PAYMENT_HEADER_CHARACTERS_MAX) {
      throw malformed(`has ${header.length} characters, at most ${PAYMENT_HEADER_CHARACTERS_MAX} are read`);
    }
    const decoded = decode(header);
    if (!isPaymentPayloadV2(decoded as X402PaymentPayload))
      throw malformed('is no x402 version 2 payment payload');
    const parsed = x402Payload.safeParse(decoded);
    if (!parsed.success) {
      const details = findingsOf(parsed.error);
      const [first] = details;
      throw malformed(`does not fit at "${first?.pointer ?? ''}": ${first?.detail ?? ''}`, details);
    }
    return parsed.data;
  }

  accepts(payload: PaymentPayload, requirements: PaymentRequirements): boolean {
    const offered = [{ ...requirements, ...spelling(requirements), extra: { ...requirements.extra } }];
    const accepted = { ...payload.accepted, ...spelling(payload.accepted) };
    const sent = { ...payload, accepted, payload: { ...payload.payload } } as unknown as X402PaymentPayload;
    return this.matcher.findMatchingRequirements(offered, sent) !== undefined;
  }
}

/** An address is the same one in the spelling of EIP-55 and in lower case; the library compares texts. */
function spelling({ asset, payTo }: { readonly asset?: unknown; readonly payTo?: unknown }): object {
  return {
    ...(typeof asset === 'string' ? { asset: asset.toLowerCase() } : {}),
    ...(typeof payTo === 'string' ? { payTo: payTo.toLowerCase() } : {}),
  };
}

function decode(header: string): unknown {
  try {
    return decodePaymentSignatureHeader(header);
  } catch (cause) {
    throw malformed('is not JSON in base64', [], cause);
  }
}

function malformed(problem: string, details: ErrorDetail[] = [], cause?: unknown): AppError {
  return new AppError('payment-malformed', `The header PAYMENT-SIGNATURE ${problem}; nothing was charged.`, {
    details,
    cause,
  });
}
