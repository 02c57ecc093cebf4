import { z } from 'zod';
import { hexBytes, keyId } from './primitives.js';

/** What a key may sign; a key has exactly one use (protocol section 5). */
export const keyUses = [
  'output',
  'event-batch',
  'checkpoint',
  'witness',
  'device',
  'attestation',
  'receipt',
  'chain-tx',
] as const;
export type KeyUse = (typeof keyUses)[number];

export const keyStatuses = ['pending', 'active', 'retiring', 'retired', 'revoked'] as const;
export type KeyStatus = (typeof keyStatuses)[number];

const rfc3339 = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z$/, 'expected RFC 3339 UTC');

/** One public key of a keystore (R-BATCH-3). Times are RFC 3339 UTC. */
export const keystoreEntry = z.strictObject({
  kid: keyId,
  alg: z.enum(['Ed25519', 'ES256K']),
  use: z.enum(keyUses),
  name: z.string().max(256).optional(),
  public_key: hexBytes.min(64).max(66),
  status: z.enum(keyStatuses),
  not_before: rfc3339,
  not_after: rfc3339,
  retired_at: rfc3339.optional(),
  revoked_at: rfc3339.optional(),
  compromised_since: rfc3339.optional(),
});
export type KeystoreEntry = z.infer<typeof keystoreEntry>;

/** One version of the key set; its canonical form is a log entry. */
export const keySet = z.strictObject({
  type: z.literal('touchstone.key-set.v1'),
  sequence: z.number().int().min(0),
  keys: z.array(keystoreEntry).min(1).max(256),
  previous: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
});
export type KeySet = z.infer<typeof keySet>;
