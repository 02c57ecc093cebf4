import { z } from 'zod';
import { authorizationPayment } from '../schemas/output.js';
import { caip2, evmAddress, hex32, uuidV7 } from '../schemas/primitives.js';

/** An x402 object; its own library validates it, the envelope only bounds its shape. */
const x402Object = z.record(z.string(), z.unknown());

/** Reserves a payment for one request and verifies it. Insert-first: the first request digest owns it for ever. */
export const authorizePayment = {
  request: z.strictObject({
    paymentPayload: x402Object,
    paymentRequirements: x402Object,
    requestDigest: hex32,
  }),
  response: z.discriminatedUnion('outcome', [
    /** The caller holds the reservation and may run the model. */
    z.strictObject({
      outcome: z.literal('reserved'),
      reservationId: uuidV7,
      payment: authorizationPayment,
      payer: z.string(),
    }),
    /** The same request was answered and paid; the caller serves its stored answer. */
    z.strictObject({ outcome: z.literal('settled'), reservationId: uuidV7, settlement: x402Object }),
    /** The same request is running, or its settlement is not known yet. */
    z.strictObject({
      outcome: z.literal('in-flight'),
      reservationId: uuidV7,
      retryAfterSeconds: z.number().int().positive(),
    }),
    /** The payment belongs to another request. */
    z.strictObject({ outcome: z.literal('bound-to-other-request') }),
    /** The payment does not verify; nothing was charged. */
    z.strictObject({ outcome: z.literal('invalid'), reason: z.string(), message: z.string().optional() }),
  ]),
} as const;

export const settlePayment = {
  request: z.strictObject({
    reservationId: uuidV7,
    paymentPayload: x402Object,
    paymentRequirements: x402Object,
  }),
  response: z.strictObject({
    outcome: z.enum(['settled', 'pending', 'failed']),
    /** The x402 settle response, as it goes into the PAYMENT-RESPONSE header. */
    settlement: x402Object,
  }),
} as const;

/** Says that the request which holds a reservation still lives; without it the lease runs out. */
export const renewPayment = {
  request: z.strictObject({ reservationId: uuidV7 }),
  response: z.strictObject({ held: z.boolean() }),
} as const;

/** Gives a reservation back when no answer was produced, so that the payer may try again. */
export const releasePayment = {
  request: z.strictObject({ reservationId: uuidV7, reason: z.string().max(256) }),
  response: z.strictObject({ released: z.boolean() }),
} as const;

/** Longest name or version of a token that is told; what its contract says is anybody's text. */
export const TOKEN_TEXT_CHARACTERS_MAX = 256;

const tokenText = z.string().max(TOKEN_TEXT_CHARACTERS_MAX).nullable();

/** The token that is taken, with the name and version that it signs under (EIP-712); null where it tells none. */
const paymentAsset = z.strictObject({
  network: caip2,
  address: evmAddress,
  name: tokenText,
  version: tokenText,
});
export type PaymentAsset = z.output<typeof paymentAsset>;

export const supportedPayments = {
  request: z.strictObject({}),
  response: z.strictObject({ supported: x402Object, asset: paymentAsset }),
} as const;
