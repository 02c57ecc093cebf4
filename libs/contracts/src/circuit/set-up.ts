import { z } from 'zod';
import { caip2, decimal, hex32, timestampMs, uuidV7 } from '../schemas/primitives.js';
import { circuitSetups } from './descriptor.js';

/** Most contributions to one set-up, its beacon among them. */
export const SET_UP_CONTRIBUTIONS_MAX = 256;

/** Most parties that are invited to one set-up. */
export const SET_UP_PARTIES_MAX = 64;

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

/** Where powers of tau come from, by the BLAKE2b-512 of their `.ptau`. */
export const setUpPowers = z.strictObject({
  source: z.enum(['development', 'perpetual-powers-of-tau']),
  blake2b: hash512,
});

/** What one party did, or the beacon, as the file of the key states it. */
export const setUpContribution = contribution;
export type SetUpContribution = z.infer<typeof setUpContribution>;

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
  powers: setUpPowers,
  contributions: z.array(contribution).min(1).max(SET_UP_CONTRIBUTIONS_MAX),
  beaconSource: z.string().min(1).max(BEACON_SOURCE_CHARACTERS_MAX).optional(),
  /** SHA-256 of the `.zkey`. */
  provingKeySha256: hex32,
  vkDigest: hex32,
  class: z.enum(['single-party', 'multi-party']),
});
export type CircuitSetUp = z.infer<typeof circuitSetUp>;

/**
 * What stands in the log before anybody contributes (protocol section 6): the circuit, the key that the first party is given, and the
 * block whose hash becomes the beacon. Nobody can know that hash while contributions are taken.
 */
export const setUpAnnouncement = z.strictObject({
  type: z.literal('touchstone.zk-setup-announced.v1'),
  setUpId: uuidV7,
  modelVersionId: hex32,
  descriptorHash: hex32,
  constraintsSha256: hex32,
  powers: setUpPowers,
  /** SHA-256 of the `.zkey` before any contribution. */
  firstKeySha256: hex32,
  parties: z.array(contributorName).min(1).max(SET_UP_PARTIES_MAX),
  beacon: z.strictObject({
    network: caip2,
    block: decimal,
    iterationsLog2: setUpBeacon.shape.iterationsLog2,
  }),
  announcedAt: timestampMs,
});
export type SetUpAnnouncement = z.infer<typeof setUpAnnouncement>;

/** The entry of a finished set-up (protocol section 6). */
export const setUpEntry = z.strictObject({
  type: z.literal('touchstone.zk-setup.v1'),
  modelVersionId: hex32,
  vkDigest: hex32,
  class: z.enum(circuitSetups),
  /** SHA-256 of the file of the transcript. */
  transcript: hex32,
});
export type SetUpEntry = z.infer<typeof setUpEntry>;

/**
 * How a transcript names an announced block as the source of its beacon.
 *
 * @param announcementSha256 of the entry of the announcement
 */
export function announcedSource(
  { network, block }: SetUpAnnouncement['beacon'],
  announcementSha256: string,
): string {
  return `hash of block ${block} of ${network}, announced by the log entry with the SHA-256 ${announcementSha256}`;
}
