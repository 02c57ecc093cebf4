import { z } from 'zod';
import { caip2, decimal, derText, evmAddress, hex32, keystoreEntry, tsaNetwork } from '@touchstone/contracts';
import { circuitSetups } from '@touchstone/contracts/circuit';

/** Most bytes of a trust file's text. */
export const TRUST_BYTES_MAX = 4_194_304;

/** Most root certificates of one authority. */
export const TSA_ROOTS_MAX = 16;

const oid = z
  .string()
  .regex(/^[0-2](?:\.(?:0|[1-9]\d{0,18})){1,31}$/, 'expected an object identifier')
  .max(256);

const rfc3339 = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z$/, 'expected RFC 3339 UTC');

/** A key of the keystore with the signing domains that it may use; an output key without domains signs nothing. */
export const trustedKey = keystoreEntry.extend({
  domains: z
    .array(z.string().regex(/^[a-z0-9.-]{0,64}$/))
    .max(16)
    .optional(),
});

/** A chain with what the verifier believes about it. */
export const trustedChain = z.strictObject({
  network: caip2,
  /** A development or test network: an anchor on it gives the label `L2-test` at most. */
  test: z.boolean(),
  contract: evmAddress.optional(),
  submitters: z.array(evmAddress).max(64).optional(),
  /** Finalized blocks that the verifier (or whom it trusts) has seen; hashes without prefix. */
  blocks: z
    .array(z.strictObject({ number: decimal, hash: hex32 }))
    .max(100_000)
    .optional(),
});
export type TrustedChain = z.infer<typeof trustedChain>;

/** A time-stamping authority with what the verifier believes about it (protocol section 7). */
export const trustedTsa = z.strictObject({
  network: tsaNetwork,
  /** An authority of the operator or of a test: its token gives the label `L2-test` at most. */
  test: z.boolean(),
  /** DER certificates, one of which the chain of the token's certificate ends at. */
  roots: z.array(derText).min(1).max(TSA_ROOTS_MAX),
  /** Policies (RFC 3161, section 2.4.2) under which its tokens count. */
  policies: z.array(oid).min(1).max(16),
  /** Most milliseconds of accuracy; without it the token's own is believed. */
  accuracyMaxMs: z.number().int().min(0).max(86_400_000).optional(),
  /** Serial numbers of the certificates that may sign, decimal; without it any below the roots. */
  serials: z.array(decimal).min(1).max(64).optional(),
});
export type TrustedTsa = z.infer<typeof trustedTsa>;

/** What a verifier believes, from the verifier itself and never from a bundle (protocol section 12). */
export const trustFile = z.strictObject({
  version: z.literal(1),
  asOf: rfc3339,
  keys: z.array(trustedKey).max(1_024),
  models: z
    .array(
      z.strictObject({
        modelVersionId: hex32,
        commitmentHash: hex32.optional(),
        vkDigest: hex32.optional(),
        setup: z.enum(circuitSetups).optional(),
      }),
    )
    .max(10_000),
  logs: z.array(z.strictObject({ origin: z.string().min(1).max(256), vkey: z.string().max(512) })).max(64),
  witnesses: z.strictObject({
    k: z.number().int().min(0).max(64),
    vkeys: z.array(z.string().max(512)).max(64),
  }),
  chains: z.array(trustedChain).max(64),
  tsas: z.array(trustedTsa).max(64),
  /** Sources of time that are independent of the signer, by network or witness name. */
  independent: z.array(z.string().max(256)).max(64),
});
export type TrustFile = z.infer<typeof trustFile>;
