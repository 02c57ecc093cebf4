import { hex32, nodeId, zoneModes, zoneName, zoneRules } from '@touchstone/contracts';
import { nodePrefix, SELECTED_NODES_MAX } from '@touchstone/contracts/http/attestation-hub';
import {
  databaseKeys,
  grpcTlsKeys,
  integerKey,
  jsonKey,
  natsKeys,
  secret,
  serviceKeys,
} from '@touchstone/platform/config';
import { callerTokens } from '@touchstone/platform/http';
import { z } from 'zod';
import {
  FLIP_THRESHOLD_DEFAULT,
  FLIP_THRESHOLD_MAX,
  FLIP_WINDOW_DEFAULT_SEC,
  FLIP_WINDOW_SEC_MAX,
  type FlipRules,
} from './domain/flip-rules.js';
import { DEFAULT_ZONE, ZONES_MAX } from './domain/zones.js';

/** Prefix of the names that nodes of this protocol already use; each is another name for the same setting. */
const PREFIX = 'SHERATAN_';

const windowKey = () => integerKey(1, FLIP_WINDOW_SEC_MAX).optional();
const thresholdKey = () => integerKey(2, FLIP_THRESHOLD_MAX).optional();

/** One zone: nodes by what their names begin with or by their names, and the policy for them. */
const zone = z
  .strictObject({
    zone: zoneName.describe('Its name; no two zones have the same.'),
    prefix: nodePrefix.optional().describe('What the names of its nodes begin with; this or `nodes`.'),
    nodes: z
      .array(nodeId)
      .min(1)
      .max(SELECTED_NODES_MAX)
      .optional()
      .describe('The names of its nodes; this or `prefix`.'),
    mode: z
      .enum(zoneModes)
      .default('observe')
      .describe(
        '`observe` counts what would be blocked, `warn` tells it in the audit as well, `enforce` blocks.',
      ),
    rules: z
      .array(z.enum(zoneRules))
      .default([...DEFAULT_ZONE.rules])
      .describe('What speaks against a node. A quarantined one is blocked whatever they are.'),
  })
  .refine(({ prefix, nodes }) => (prefix === undefined) !== (nodes === undefined), {
    message: 'Expected either prefix or nodes.',
  });

/** Configuration of the attestation hub. */
const keys = z.object({
  ...serviceKeys('attestation-hub'),
  ...grpcTlsKeys(),
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
  TOUCHSTONE_NODE_ZONES: jsonKey(z.array(zone).max(ZONES_MAX), 'list of zones')
    .default([])
    .describe(
      'Zones of nodes with the policy of each (docs/node-policy.md); a node is in the first one that has it. Of nodes in none, and by ' +
        'default, nothing is blocked.',
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
  const names = config.TOUCHSTONE_NODE_ZONES.map((each) => each.zone);
  if (new Set(names).size < names.length)
    context.addIssue({
      code: 'custom',
      path: ['TOUCHSTONE_NODE_ZONES'],
      message: 'has two zones of one name.',
    });
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
