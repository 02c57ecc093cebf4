import { z } from 'zod';
import { paymentReference } from '../schemas/output.js';
import { caip2, evmAddress, hex32, uuidV7 } from '../schemas/primitives.js';
import { askedTransfer, presentedTransfer, transferCodes } from '../transfer/index.js';

/** An x402 object; its own library validates it, the envelope only bounds its shape. */
const x402Object = z.record(z.string(), z.unknown());

/**
 * What is known about the payer's money when a payment is refused. Only `no` may be told as "nothing was charged".
 *
 * `no` – the authorisation was never taken here, or the chain says at a final block that it can never be used.
 * `elsewhere` – it was used for a transfer that is not this request's.
 * `unknown` – it may still be used, by the payment-verifier or by anybody who holds it.
 */
export const chargedStates = ['no', 'elsewhere', 'unknown'] as const;
export type Charged = (typeof chargedStates)[number];
const charged = z.enum(chargedStates);

const authorized = [
  /** The caller holds the reservation and may run the model. */
  z.strictObject({
    outcome: z.literal('reserved'),
    reservationId: uuidV7,
    payment: paymentReference,
    payer: z.string(),
  }),
  /** The same request is paid; the caller serves its stored answer, or makes it now when there is none. */
  z.strictObject({
    outcome: z.literal('settled'),
    reservationId: uuidV7,
    payment: paymentReference,
    settlement: x402Object,
    /** So many other requests came with this payment that somebody seems to guess what it was made for. */
    guessed: z.boolean(),
  }),
  /** The same request is running, or its settlement is not known yet. */
  z.strictObject({
    outcome: z.literal('in-flight'),
    reservationId: uuidV7,
    retryAfterSeconds: z.number().int().positive(),
  }),
  /** The payment belongs to another request. */
  z.strictObject({ outcome: z.literal('bound-to-other-request') }),
  /** The payment does not verify, or can no longer succeed. */
  z.strictObject({
    outcome: z.literal('invalid'),
    reason: z.string(),
    message: z.string().optional(),
    charged,
  }),
] as const;

/** Reserves a payment for one request and verifies it. Insert-first: the first request digest owns it for ever. */
export const authorizePayment = {
  request: z.strictObject({
    paymentPayload: x402Object,
    paymentRequirements: x402Object,
    requestDigest: hex32,
  }),
  response: z.discriminatedUnion('outcome', authorized),
} as const;

/** Verifies a transfer that stands on the chain and reserves it for one request, which owns it for ever. */
export const authorizeTransfer = {
  request: z.strictObject({
    transfer: presentedTransfer,
    asked: askedTransfer,
    requestDigest: hex32,
  }),
  response: z.discriminatedUnion('outcome', [
    ...authorized,
    /** The transfer does not pay for this request, at least not yet. */
    z.strictObject({
      outcome: z.literal('refused'),
      code: z.enum(transferCodes),
      reason: z.string(),
      message: z.string(),
    }),
  ]),
} as const;

/**
 * Settles what was reserved. Asking is enough: from then on the payment is owed, and the payment-verifier settles it
 * without being asked again. A call without an answer may have done anything.
 */
export const settlePayment = {
  request: z.strictObject({ reservationId: uuidV7 }),
  /** `settlement` is the x402 settle response, as it goes into the PAYMENT-RESPONSE header. */
  response: z.discriminatedUnion('outcome', [
    z.strictObject({ outcome: z.literal('settled'), settlement: x402Object }),
    /** A transaction is signed, or only the chain can tell. */
    z.strictObject({ outcome: z.literal('pending'), settlement: x402Object }),
    z.strictObject({ outcome: z.literal('failed'), settlement: x402Object, charged }),
    /** Nothing is signed so far, because of a part that is missing and not of the payment. */
    z.strictObject({ outcome: z.literal('unsent'), code: z.string(), retryable: z.boolean() }),
  ]),
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
