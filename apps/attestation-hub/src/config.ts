import { hex32 } from '@touchstone/contracts';
import { databaseKeys, integerKey, natsKeys, secret, serviceKeys } from '@touchstone/platform/config';
import { callerTokens } from '@touchstone/platform/http';
import { z } from 'zod';
import {
  FLIP_THRESHOLD_DEFAULT,
  FLIP_THRESHOLD_MAX,
  FLIP_WINDOW_DEFAULT_SEC,
  FLIP_WINDOW_SEC_MAX,
  type FlipRules,
} from './domain/flip-rules.js';

/** Prefix of the names that nodes of this protocol already use; each is another name for the same setting. */
const PREFIX = 'SHERATAN_';

const windowKey = () => integerKey(1, FLIP_WINDOW_SEC_MAX).optional();
const thresholdKey = () => integerKey(2, FLIP_THRESHOLD_MAX).optional();

/** Configuration of the attestation hub. */
const keys = z.object({
  ...serviceKeys('attestation-hub'),
  ...natsKeys('attestation-hub'),
  ...databaseKeys(),
  TOUCHSTONE_STALE_AFTER_MS: integerKey(1_000, 86_400_000)
    .default(50_000)
    .describe(
      'Milliseconds without a heartbeat after which a node is shown as stale; five heartbeats of 10 s.',
    ),
  TOUCHSTONE_HEARTBEAT_TOKENS: secret(z.union([z.literal('off'), callerTokens()]).optional()).describe(
    'Bearer tokens of the nodes that post heartbeats, as a JSON object of node ids and tokens. Without it no heartbeat is taken over ' +
      'HTTP; `off` takes everybody’s, for a network in which nobody is a stranger.',
  ),
  TOUCHSTONE_NODES_MAX: integerKey(1, 1_000_000)
    .default(10_000)
    .describe(
      'Most nodes that are kept; heartbeats of further nodes are refused, because anybody can invent names.',
    ),
  TOUCHSTONE_AUDIT_LINES_MAX: integerKey(1, 100_000_000)
    .default(1_000_000)
    .describe('Most lines of the audit that are kept; the oldest go. Standard output has every line too.'),
  TOUCHSTONE_OPERATOR_TOKEN_SHA256: hex32
    .optional()
    .describe(
      'SHA-256 of the bearer token with which an operator reads the audit and removes nodes; without it nobody can.',
    ),
  ATTESTATION_FLIP_WINDOW_SEC: windowKey().describe(
    `Seconds within which attestations that change are a suspicion, and after which a node that stays as it is has none; ${FLIP_WINDOW_DEFAULT_SEC} when left out.`,
  ),
  ATTESTATION_FLIP_THRESHOLD: thresholdKey().describe(
    `Builds in a row within the window, each another than the one before, that are a flip-flop; ${FLIP_THRESHOLD_DEFAULT} (A, B, A) when left out.`,
  ),
  SHERATAN_ATTESTATION_FLIP_WINDOW_SEC: windowKey().describe('Another name of ATTESTATION_FLIP_WINDOW_SEC.'),
  SHERATAN_ATTESTATION_FLIP_THRESHOLD: thresholdKey().describe('Another name of ATTESTATION_FLIP_THRESHOLD.'),
});

/** Both names of a setting may be set to one value: to two, nobody could tell which of them holds. */
export const configSchema = keys.superRefine((config, context) => {
  for (const name of ['ATTESTATION_FLIP_WINDOW_SEC', 'ATTESTATION_FLIP_THRESHOLD'] as const) {
    const other = `${PREFIX}${name}` as const;
    if (config[name] === undefined || config[other] === undefined || config[name] === config[other]) continue;
    context.addIssue({
      code: 'custom',
      path: [name],
      message: `is set to another value than ${other}; keep one of them.`,
    });
  }
});

/** The rules that the operator chose. */
export function flipRulesOf(config: Config): FlipRules {
  const windowSec = config.ATTESTATION_FLIP_WINDOW_SEC ?? config.SHERATAN_ATTESTATION_FLIP_WINDOW_SEC;
  const threshold = config.ATTESTATION_FLIP_THRESHOLD ?? config.SHERATAN_ATTESTATION_FLIP_THRESHOLD;
  return {
    windowMs: (windowSec ?? FLIP_WINDOW_DEFAULT_SEC) * 1_000,
    threshold: threshold ?? FLIP_THRESHOLD_DEFAULT,
  };
}
export type Config = z.output<typeof configSchema>;
