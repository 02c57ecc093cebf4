import { timestampMs, uuidV7 } from '@touchstone/contracts';
import { z } from 'zod';

/** Largest request: payload, requirements and a contract wallet's signature. */
export const FACILITATOR_REQUEST_BYTES_MAX = 65_536;

/** Body of `/verify` and `/settle`; the official schemas of x402 check what is inside. */
export const facilitatorRequest = z.looseObject({
  x402Version: z.unknown().optional().describe('2'),
  paymentPayload: z.unknown().optional().describe('PaymentPayload of x402 version 2.'),
  paymentRequirements: z.unknown().optional().describe('PaymentRequirements of x402 version 2.'),
});
export type FacilitatorRequest = z.output<typeof facilitatorRequest>;

export const verifyAnswer = z.object({
  isValid: z.boolean(),
  invalidReason: z.string().optional(),
  invalidMessage: z.string().optional(),
  payer: z.string().optional(),
});

export const settleAnswer = z.looseObject({
  success: z.boolean(),
  errorReason: z.string().optional(),
  errorMessage: z.string().optional(),
  payer: z.string().optional(),
  transaction: z.string(),
  network: z.string(),
});

export const supportedAnswer = z.looseObject({
  kinds: z.array(z.looseObject({ x402Version: z.number(), scheme: z.string(), network: z.string() })),
  extensions: z.array(z.string()),
  signers: z.record(z.string(), z.array(z.string())),
});

export const paymentStatus = z.object({
  reservationId: uuidV7,
  state: z.enum(['reserved', 'released', 'settling', 'settled', 'failed']),
  network: z.string(),
  asset: z.string(),
  payer: z.string(),
  payTo: z.string(),
  amount: z.string(),
  transaction: z.string().nullable(),
  reason: z.string().nullable(),
  updatedAt: timestampMs,
});
export type PaymentStatus = z.output<typeof paymentStatus>;
