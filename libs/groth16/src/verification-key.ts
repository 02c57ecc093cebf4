import { g1TextOf, type G1Text, g2TextOf, type G2Text } from './affine-text.js';
import { SIGNALS_MAX } from './limits.js';
import { itemsOf, lengthOf, membersOf, readValue, wholeNumberOf, wordOf } from './untrusted-value.js';
import type { Reading } from './verdict.js';

/** A Groth16 verification key on BN254 (which snarkjs calls bn128) as evidence carries it; the names are those of snarkjs. */
export interface VerificationKey {
  readonly protocol: 'groth16';
  readonly curve: 'bn128';
  readonly nPublic: number;
  readonly vk_alpha_1: G1Text;
  readonly vk_beta_2: G2Text;
  readonly vk_gamma_2: G2Text;
  readonly vk_delta_2: G2Text;
  readonly IC: readonly G1Text[];
}

/** The members of a key, all of them. */
export const keyMembers = [
  'protocol',
  'curve',
  'nPublic',
  'vk_alpha_1',
  'vk_beta_2',
  'vk_gamma_2',
  'vk_delta_2',
  'IC',
] as const;

/**
 * Reads a key from a JSON value: closed members, canonical coordinates. Its points are judged by `prepareKey`.
 *
 * @returns a copy of the key; else `key-malformed` or `key-ic-length`
 */
export function readVerificationKey(value: unknown): Reading<VerificationKey> {
  const read = readValue(() => {
    const { IC, ...given } = { ...membersOf(value, keyMembers) };
    const head = {
      protocol: wordOf(given.protocol, 'groth16'),
      curve: wordOf(given.curve, 'bn128'),
      nPublic: wholeNumberOf(given.nPublic, 1, SIGNALS_MAX),
      vk_alpha_1: g1TextOf(given.vk_alpha_1),
      vk_beta_2: g2TextOf(given.vk_beta_2),
      vk_gamma_2: g2TextOf(given.vk_gamma_2),
      vk_delta_2: g2TextOf(given.vk_delta_2),
    };
    return { head, IC, icLength: lengthOf(IC) };
  });
  if (read === undefined) return { ok: false, code: 'key-malformed' };
  const pointCount = read.head.nPublic + 1;
  if (read.icLength !== pointCount) return { ok: false, code: 'key-ic-length' };
  const IC = readValue(() => itemsOf(read.IC, pointCount).map(g1TextOf));
  if (IC === undefined) return { ok: false, code: 'key-malformed' };
  return { ok: true, value: { ...read.head, IC } };
}
