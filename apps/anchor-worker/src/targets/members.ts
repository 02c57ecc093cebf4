import { integerMember } from '@touchstone/platform/config';
import { z } from 'zod';
import { ANCHOR_WAIT_DEFAULT_MAX_MS, type AnchorPolicy } from '../domain/anchor/policy.js';

/** Most entries that an anchor may be made to wait for. */
export const MIN_ENTRIES_MAX = 1_000_000;
/** Most milliseconds that they may be waited for. */
export const ANCHOR_WAIT_MAX_MS = 604_800_000;

/** Where a target is reached. */
export const httpUrl = () =>
  z
    .string()
    .regex(/^https?:\/\//, { message: 'Expected an http or https URL.' })
    .meta({ type: 'url' });

/** The fewest milliseconds between two anchors, for kinds whose anchors cost something or take room. */
export const spacingMs = () => integerMember(0, 86_400_000).default(10_000);

/** The rest of the policy, which targets of all kinds have alike. */
export const policyMembers = (unit: string) => ({
  minEntries: integerMember(1, MIN_ENTRIES_MAX)
    .default(1)
    .describe('Fewest entries of the log since the last anchor.'),
  maxWaitMs: integerMember(1_000, ANCHOR_WAIT_MAX_MS)
    .default(ANCHOR_WAIT_DEFAULT_MAX_MS)
    .describe('Milliseconds after which there is an anchor also with fewer entries.'),
  costPerDayMax: z
    .string()
    .regex(/^[1-9]\d{0,29}$/, { message: 'Expected a whole number above 0 as a string.' })
    .transform(BigInt)
    .optional()
    .meta({ type: 'string of digits' })
    .describe(`Most ${unit} that anchors may cost in any 24 hours; no limit when left out.`),
});

/** The policy that the members set. */
export function policyOf(settings: {
  readonly spacingMs: number;
  readonly minEntries: number;
  readonly maxWaitMs: number;
  readonly costPerDayMax?: bigint | undefined;
}): AnchorPolicy {
  const { spacingMs: pauseMs, minEntries, maxWaitMs, costPerDayMax } = settings;
  return {
    ...{ spacingMs: pauseMs, minEntries, maxWaitMs },
    ...(costPerDayMax === undefined ? {} : { costPerDayMax }),
  };
}
