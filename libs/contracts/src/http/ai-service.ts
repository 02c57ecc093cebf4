import { z } from 'zod';
import { caip2, evmAddress, slug } from '../schemas/primitives.js';

const dollars = z.string().regex(/^[0-9]+\.[0-9]{2,6}$/, 'expected a decimal number');

/**
 * `/.well-known/ai-service.json`: what this service offers, for people and programs that look for one (JSON-LD with the words of
 * schema.org). Everything in it is counted when it is asked for.
 */
export const aiService = z
  .strictObject({
    '@context': z.literal('https://schema.org'),
    '@type': z.literal('WebAPI'),
    name: z.string(),
    description: z.string(),
    url: z.string(),
    provider: z
      .strictObject({ '@type': z.literal('Organization'), name: z.string(), url: z.string().optional() })
      .optional(),
    serviceType: z.literal('ML-Inference'),
    capabilities: z.array(z.enum(['ONNX-Inference', 'zkML-Proofs'])),
    offers: z
      .strictObject({
        '@type': z.literal('AggregateOffer'),
        priceCurrency: z.literal('USDC'),
        lowPrice: dollars,
        highPrice: dollars,
        offerCount: z.number().int().min(1),
        paymentMethod: z.literal('X402'),
      })
      .optional()
      .describe('Prices of one answer; absent where nothing is paid.'),
    verificationMethod: z.strictObject({
      type: z.literal('EvidenceBundle'),
      protocol: z.literal('Touchstone evidence 1'),
      proofSystem: z
        .literal('groth16/bn254')
        .nullable()
        .describe('Of proofs that a model gave an answer, where they are made.'),
      security: z.string(),
      portable: z.literal(true),
    }),
    models: z.strictObject({
      endpoint: z.string(),
      count: z.number().int().min(0),
      categories: z.array(slug),
    }),
    documentation: z.strictObject({ apiDocs: z.string() }),
    x402: z
      .strictObject({
        version: z.literal(2),
        network: caip2,
        chainId: z.number().int().min(1),
        paymentToken: z.string(),
        contractAddress: evmAddress,
      })
      .optional(),
  })
  .meta({ id: 'AiService' });
export type AiService = z.infer<typeof aiService>;
