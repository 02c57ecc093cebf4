import { z } from 'zod';
import { paymentRemarks } from '../transfer/index.js';
import { jsonValue } from '../schemas/json-value.js';
import { timestampMs, uuidV7 } from '../schemas/primitives.js';

const officialRequirements = z
  .object({
    scheme: z.string().min(1).describe('exact'),
    network: z.string().regex(/^[^:]+:[^:]+$/),
    amount: z.string().min(1),
    asset: z.string().min(1),
    payTo: z.string().min(1),
    maxTimeoutSeconds: z.number().positive().max(Number.MAX_SAFE_INTEGER),
  })
  .catchall(jsonValue);
const officialPayload = z
  .object({
    x402Version: z.literal(2),
    accepted: officialRequirements,
    payload: z.object({}).catchall(jsonValue).describe('signature and authorization of EIP-3009'),
  })
  .catchall(jsonValue);

/** Another version is answered, whatever else is there. */
const otherVersion = {
  type: 'object',
  required: ['x402Version'],
  properties: { x402Version: { not: { const: 2 } } },
};

function jsonSchemaOf(schema: z.ZodType) {
  const { $schema: _, $defs: __, ...jsonSchema } = z.toJSONSchema(schema, { io: 'input' });
  return jsonSchema;
}

/**
 * Body of `/verify` and `/settle`. What stands under `anyOf` is for the document; the service reads the two objects by
 * the official schemas of x402.
 */
export const facilitatorRequest = z
  .object({
    x402Version: jsonValue.optional().describe('2'),
    paymentPayload: jsonValue.optional().describe('PaymentPayload of x402 version 2.'),
    paymentRequirements: jsonValue.optional().describe('PaymentRequirements of x402 version 2.'),
  })
  .catchall(jsonValue)
  .meta({
    required: ['paymentPayload', 'paymentRequirements'],
    anyOf: [
      {
        properties: {
          paymentPayload: jsonSchemaOf(officialPayload),
          paymentRequirements: jsonSchemaOf(officialRequirements),
        },
      },
      { properties: { paymentPayload: otherVersion } },
    ],
  });
export type FacilitatorRequest = z.output<typeof facilitatorRequest>;

/** The answer of `POST /verify`, as x402 has it. */
export const verifyAnswer = z.object({
  isValid: z.boolean(),
  invalidReason: z.string().optional(),
  invalidMessage: z.string().optional(),
  payer: z.string().optional(),
});

/** The answer of `POST /settle`, as x402 has it. */
export const settleAnswer = z.looseObject({
  success: z.boolean(),
  errorReason: z.string().optional(),
  errorMessage: z.string().optional(),
  payer: z.string().optional(),
  transaction: z.string(),
  network: z.string(),
});

/** The answer of `GET /supported`, as x402 has it. */
export const supportedAnswer = z.looseObject({
  kinds: z.array(z.looseObject({ x402Version: z.number(), scheme: z.string(), network: z.string() })),
  extensions: z.array(z.string()),
  signers: z.record(z.string(), z.array(z.string())),
});

/** The answer of `GET /v1/payments/:reservationId`. */
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
  remarks: paymentRemarks
    .optional()
    .describe("payer-unproven: a transfer that came without its payer's claim."),
  updatedAt: timestampMs,
});
export type PaymentStatus = z.output<typeof paymentStatus>;
