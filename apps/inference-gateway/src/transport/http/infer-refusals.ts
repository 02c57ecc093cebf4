import { paymentRefusals } from './paid-reply.js';

/** What a request for an inference may be refused with. */
export const inferRefusals = [
  ...paymentRefusals,
  'malformed-json',
  'unknown-model',
  'model-not-active',
  'body-too-large',
  'unsupported-media-type',
  'validation-failed',
  'tensor-invalid',
  'text-invalid',
  'image-invalid',
  'inference-failed',
  'not-provable',
  'conflict',
  'queue-full',
  'dependency-unavailable',
  'node-blocked',
  'timeout',
] as const;
