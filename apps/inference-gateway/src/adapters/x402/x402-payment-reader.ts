import { AppError, findingsOf, type ErrorDetail } from '@touchstone/contracts';
import { decodePaymentSignatureHeader } from '@x402/core/http';
import { isPaymentPayloadV1, isPaymentPayloadV2 } from '@x402/core/schemas';
import { x402ResourceServer, type FacilitatorClient } from '@x402/core/server';
import type { PaymentPayload as X402PaymentPayload } from '@x402/core/types';
import { ExactEvmScheme } from '@x402/evm/exact/server';
import { EVM_NETWORK_CHAIN_ID_MAP } from '@x402/evm/v1';
import { z } from 'zod';
import {
  requirementsFor,
  type PaymentPayload,
  type PaymentReader,
  type PaymentRequirements,
  type PaymentTerms,
} from '../../domain/payment/payment.js';
import { V1_PAYMENT } from '../../domain/payment/transfers.js';

/** Largest PAYMENT-SIGNATURE or X-PAYMENT header in characters; one of an ordinary wallet has about 1,200. */
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

/** A payment of version 1: the same authorisation, with the name of a network instead of what was accepted. */
const x402PayloadV1 = z.object({
  x402Version: z.literal(1),
  scheme: z.literal('exact'),
  network: z.string().max(64),
  payload: authorizationPayload,
});

/** The matching rule needs no facilitator; one that is asked anyway must not pretend to be there. */
const noFacilitator: FacilitatorClient = {
  verify: () => Promise.reject(new Error('Payments are verified by the payment-verifier.')),
  settle: () => Promise.reject(new Error('Payments are settled by the payment-verifier.')),
  getSupported: () => Promise.reject(new Error('Payments are verified by the payment-verifier.')),
};

/**
 * Reads PAYMENT-SIGNATURE, and X-PAYMENT of version 1, with the codecs and schemas of the x402 library, then our closed schema of
 * the scheme. A payment of version 1 becomes one of version 2 that accepted what its signature is of: asset and chain stand in
 * the domain of the signature, recipient and amount in the authorisation.
 */
export class X402PaymentReader implements PaymentReader {
  private readonly matcher = new x402ResourceServer(noFacilitator).register('eip155:*', new ExactEvmScheme());

  constructor(private readonly terms: PaymentTerms) {}

  read(header: string): PaymentPayload {
    if (header.startsWith(V1_PAYMENT)) return this.readV1(header.slice(V1_PAYMENT.length));
    const name = 'PAYMENT-SIGNATURE';
    const decoded = decode(name, header);
    if (!isPaymentPayloadV2(decoded as X402PaymentPayload))
      throw malformed(name, 'is no x402 version 2 payment payload');
    return parsedBy(x402Payload, name, decoded);
  }

  private readV1(header: string): PaymentPayload {
    const name = 'X-PAYMENT';
    const decoded = decode(name, header);
    if (!isPaymentPayloadV1(decoded as X402PaymentPayload))
      throw malformed(name, 'is no x402 version 1 payment payload');
    const { network, payload } = parsedBy(x402PayloadV1, name, decoded);
    const chainId = Object.entries(EVM_NETWORK_CHAIN_ID_MAP).find(([known]) => known === network)?.[1];
    if (chainId === undefined) throw malformed(name, 'names a network that version 1 does not know');
    const { to, value } = payload.authorization;
    const offered = requirementsFor(BigInt(value), { ...this.terms, payTo: to });
    return { x402Version: 2, accepted: { ...offered, network: `eip155:${chainId}` }, payload };
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

/** Both versions are JSON in base64. */
function decode(name: string, header: string): unknown {
  if (header.length > PAYMENT_HEADER_CHARACTERS_MAX)
    throw malformed(
      name,
      `has ${header.length} characters, at most ${PAYMENT_HEADER_CHARACTERS_MAX} are read`,
    );
  try {
    return decodePaymentSignatureHeader(header);
  } catch (cause) {
    throw malformed(name, 'is not JSON in base64', [], cause);
  }
}

function parsedBy<T>(schema: z.ZodType<T>, name: string, decoded: unknown): T {
  const parsed = schema.safeParse(decoded);
  if (parsed.success) return parsed.data;
  const details = findingsOf(parsed.error);
  const [first] = details;
  throw malformed(name, `does not fit at "${first?.pointer ?? ''}": ${first?.detail ?? ''}`, details);
}

function malformed(name: string, problem: string, details: ErrorDetail[] = [], cause?: unknown): AppError {
  return new AppError('payment-malformed', `The header ${name} ${problem}; nothing was charged.`, {
    details,
    cause,
  });
}
