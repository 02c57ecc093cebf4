import type { KeyStatus } from '@touchstone/contracts';
import type { Key } from './key.js';

const DAY_MS = 86_400_000;

/** How long after `notAfter` a trusted time may still lie, and how long a key is `retiring`: 7 days. */
export const RETIREMENT_MS = 7 * DAY_MS;
/** How far a declared time may lie after the verifier's clock, or a trusted time before it: 300 s, for clocks that differ. */
export const CLOCK_SKEW_MAX_MS = 300_000;

/**
 * State of a key at a time, computed from its times alone (protocol section 5). The first row that fits counts:
 *
 * | state      | from                                             | until                                          |
 * | ---------- | ------------------------------------------------ | ---------------------------------------------- |
 * | `revoked`  | `revokedAt`, included                            | for ever                                       |
 * | `pending`  |                                                  | `notBefore`, excluded                          |
 * | `active`   | `notBefore`, included                            | `notAfter`, included                           |
 * | `retiring` | after `notAfter`                                 | `notAfter` + 7 days included, or `retiredAt` excluded, whichever is first |
 * | `retired`  | after `retiring`                                 | for ever                                       |
 *
 * Only an active key signs. A retiring key still finishes what was declared before `notAfter`; a retired one only
 * verifies. The seven days are those of the evidence rule, so `retiring` ends when a new trusted time comes too late.
 *
 * @param now milliseconds since the epoch
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { readFileSync } from 'node:fs';
 * import { keyState, parseKeystore } from '@touchstone/crypto';
 *
 * const { cases } = JSON.parse(readFileSync('libs/evidence/vectors/key-state.json', 'utf8'));
 * const asOf = Date.parse('2026-06-01T00:00:00Z');
 * const reading = parseKeystore({ version: 1, keys: [cases[0].input.key] }, asOf);
 * assert(reading.ok);
 * const [key] = reading.keys;
 * assert(key);
 * assert.equal(keyState(key, key.notBefore - 1), 'pending');
 * assert.equal(keyState(key, key.notAfter), 'active');
 * assert.equal(keyState(key, key.notAfter + 1), 'retiring');
 * ```
 */
export function keyState(key: Key, now: number): KeyStatus {
  if (key.revokedAt !== undefined && now >= key.revokedAt) return 'revoked';
  if (now < key.notBefore) return 'pending';
  if (now <= key.notAfter) return 'active';
  if (now > key.notAfter + RETIREMENT_MS) return 'retired';
  return key.retiredAt !== undefined && now >= key.retiredAt ? 'retired' : 'retiring';
}

/** What the evidence rule says of the times of a signature. */
export type EvidenceTimeCheck =
  | 'ok'
  | 'declared-before-not-before'
  | 'declared-after-not-after'
  | 'declared-in-the-future'
  | 'trusted-time-after-retirement'
  | 'trusted-time-after-compromise';

/** Input of {@link checkEvidenceTime}; all times in milliseconds since the epoch. */
export interface EvidenceTimes {
  readonly key: Key;
  /** The time that the signed record declares (t). */
  readonly declaredTime: number;
  /**
   * The latest moment at which the record can have come into being (T): the earliest independent time with its
   * uncertainty added, or the present where there is none.
   */
  readonly trustedTime: number;
  /** The verifier's clock. */
  readonly now: number;
}

/**
 * Whether evidence of these times verifies under a key (protocol section 5): not_before ≤ t ≤ not_after,
 * t ≤ now + 300 s, T ≤ not_after + 7 days and, if the key is revoked, T < compromised_since.
 *
 * T rather than t decides about a revoked key, since whoever stole it can declare any t. A revocation counts whenever
 * it stands in the key, however its time relates to T; one that does not say since when the key was compromised
 * leaves no evidence standing.
 *
 * @returns `'ok'` or the first condition that fails, in the order of the rule; compare with `'ok'`
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { readFileSync } from 'node:fs';
 * import { checkEvidenceTime, parseKeystore } from '@touchstone/crypto';
 *
 * const { cases } = JSON.parse(readFileSync('libs/evidence/vectors/key-state.json', 'utf8'));
 * const asOf = Date.parse('2026-06-01T00:00:00Z');
 * const reading = parseKeystore({ version: 1, keys: [cases[0].input.key] }, asOf);
 * assert(reading.ok);
 * const [key] = reading.keys;
 * assert(key);
 * const times = { key, declaredTime: asOf, trustedTime: asOf, now: asOf };
 * assert.equal(checkEvidenceTime(times), 'ok');
 * assert.equal(
 *   checkEvidenceTime({ ...times, declaredTime: key.notBefore - 1 }),
 *   'declared-before-not-before',
 * );
 * ```
 */
export function checkEvidenceTime({ key, declaredTime, trustedTime, now }: EvidenceTimes): EvidenceTimeCheck {
  if (declaredTime < key.notBefore) return 'declared-before-not-before';
  if (declaredTime > key.notAfter) return 'declared-after-not-after';
  if (declaredTime > now + CLOCK_SKEW_MAX_MS) return 'declared-in-the-future';
  if (trustedTime > key.notAfter + RETIREMENT_MS) return 'trusted-time-after-retirement';
  if (key.revokedAt === undefined) return 'ok';
  return key.compromisedSince !== undefined && trustedTime < key.compromisedSince
    ? 'ok'
    : 'trusted-time-after-compromise';
}
