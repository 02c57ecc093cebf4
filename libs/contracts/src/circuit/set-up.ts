import { z } from 'zod';
import { hex32 } from '../schemas/primitives.js';

/** Most contributions to one set-up, its beacon among them. */
export const SET_UP_CONTRIBUTIONS_MAX = 256;

/** Most characters of the words that say where a beacon comes from. */
export const BEACON_SOURCE_CHARACTERS_MAX = 256;

/** A beacon is hashed 2^10 to 2^63 times. */
const BEACON_ITERATIONS_LOG2 = [10, 63] as const;

const hash512 = z.string().regex(/^[0-9a-f]{128}$/, 'expected 128 lower-case hex characters');

/** Who contributed, as the file of the key carries it: visible ASCII and spaces inside. */
export const contributorName = z
  .string()
  .regex(/^[!-~](?:[ -~]{0,62}[!-~])?$/, 'expected 1 to 64 visible ASCII characters');

/** A public number that nobody could choose. */
export const setUpBeacon = z.strictObject({
  /** 8 to 64 bytes. */
  value: z.string().regex(/^(?:[0-9a-f]{2}){8,64}$/, 'expected 8 to 64 bytes as lower-case hex'),
  iterationsLog2: z.number().int().min(BEACON_ITERATIONS_LOG2[0]).max(BEACON_ITERATIONS_LOG2[1]),
});

const contribution = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('party'), name: contributorName, hash: hash512 }),
  z.strictObject({ kind: z.literal('beacon'), name: contributorName, hash: hash512, ...setUpBeacon.shape }),
]);

/**
 * Where the keys of a circuit come from. `multi-party`: the powers are those of the public ceremony and at least two
 * parties contributed; who trusts one of each trusts the keys. `single-party`: whoever made them can forge proofs. That parties are
 * different people nobody can see from files.
 */
export const circuitSetUp = z.strictObject({
  version: z.literal(1),
  system: z.literal('groth16/bn254'),
  descriptorHash: hex32,
  /** SHA-256 of the `.r1cs`. */
  constraintsSha256: hex32,
  powers: z.strictObject({
    source: z.enum(['development', 'perpetual-powers-of-tau']),
    /** BLAKE2b-512 of the `.ptau`. */
    blake2b: hash512,
  }),
  contributions: z.array(contribution).min(1).max(SET_UP_CONTRIBUTIONS_MAX),
  beaconSource: z.string().min(1).max(BEACON_SOURCE_CHARACTERS_MAX).optional(),
  /** SHA-256 of the `.zkey`. */
  provingKeySha256: hex32,
  vkDigest: hex32,
  class: z.enum(['single-party', 'multi-party']),
});
export type CircuitSetUp = z.infer<typeof circuitSetUp>;
