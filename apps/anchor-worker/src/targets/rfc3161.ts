import { derText, TOKEN_ATTACHMENTS_MAX, tsaNetwork } from '@touchstone/contracts';
import { TSA_ROOTS_MAX } from '@touchstone/evidence';
import { integerMember } from '@touchstone/platform/config';
import { uuidV7 } from '@touchstone/postgres';
import { z } from 'zod';
import { HttpTimeStamping, TSA_TIMEOUT_MS } from '../adapters/rfc3161/http-time-stamping.js';
import { TsaTarget } from '../domain/anchor/rfc3161/tsa-target.js';
import { PostgresTokenStore } from '../persistence/postgres-token-store.js';
import { httpUrl, policyMembers, policyOf, spacingMs } from './members.js';
import { targetKind } from './target-kind.js';

/** Most policies under which tokens of one authority count. */
export const TSA_POLICIES_MAX = 16;

const policy = z
  .string()
  .regex(/^[0-2](?:\.(?:0|[1-9]\d{0,18})){1,31}$/, { message: 'Expected an object identifier.' });

const schema = z.strictObject({
  kind: z.literal('rfc3161').describe('A time-stamping authority (RFC 3161).'),
  network: tsaNetwork
    .meta({ type: 'tsa:name' })
    .describe('The authority, by the name that trust files give it.'),
  url: httpUrl().describe('Where it takes requests.'),
  roots: z
    .array(derText)
    .min(1)
    .max(TSA_ROOTS_MAX)
    .meta({ type: `1 to ${TSA_ROOTS_MAX} certificates` })
    .describe('Roots that its certificate must lead to, DER in base64.'),
  policies: z
    .array(policy)
    .min(1)
    .max(TSA_POLICIES_MAX)
    .meta({ type: `1 to ${TSA_POLICIES_MAX} object identifiers` })
    .describe('Policies under which a token counts.'),
  certificates: z
    .array(derText)
    .max(TOKEN_ATTACHMENTS_MAX)
    .meta({ type: `at most ${TOKEN_ATTACHMENTS_MAX} certificates` })
    .default([])
    .describe(
      'Certificates between its own and the roots that it does not send, DER in base64; they go into the evidence.',
    ),
  spacingMs: spacingMs().describe(
    'Fewest milliseconds between two tokens; each covers all batches since the last.',
  ),
  ...policyMembers('tokens'),
  timeoutMs: integerMember(100, 60_000)
    .default(TSA_TIMEOUT_MS)
    .describe('Milliseconds that it may take for its answer.'),
});

/** Targets that are time-stamping authorities. */
export const rfc3161 = targetKind({
  schema,
  create(settings, { dataSource, outbox, clock }, observer) {
    const { network, url, policies, timeoutMs } = settings;
    const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));
    const tsa = new HttpTimeStamping({
      ...{ network, url, policies, timeoutMs },
      ...{ roots: settings.roots.map(bytes), certificates: settings.certificates.map(bytes) },
    });
    return new TsaTarget(tsa, new PostgresTokenStore(dataSource, outbox, network), {
      ...policyOf(settings),
      nowMs: () => clock.nowMs(),
      newId: uuidV7,
      around: observer.around,
      onEvent: (event) => observer.anchorChanged(event, { kind: 'rfc3161', network }),
    });
  },
});
