import { dropInbox, RememberSequences1785710000000, type PostgresOptions } from '@touchstone/postgres';
import type { GatewayConfig } from '../config.js';
import { Initial1763700000000 } from './migrations/1763700000000-initial.js';
import { AddedModels1763800000000 } from './migrations/1763800000000-added-models.js';
import { InlineEvents1763900000000 } from './migrations/1763900000000-inline-events.js';
import { OwedAnswers1764000000000 } from './migrations/1764000000000-owed-answers.js';
import { GATEWAY_SCHEMA } from './schema.js';

/** How this service reaches its schema, for serving and for migrating. */
export function databaseOptions(config: GatewayConfig): PostgresOptions {
  return {
    url: config.DATABASE_URL,
    schema: GATEWAY_SCHEMA,
    migrations: [
      Initial1763700000000,
      AddedModels1763800000000,
      InlineEvents1763900000000,
      OwedAnswers1764000000000,
      dropInbox(GATEWAY_SCHEMA),
      RememberSequences1785710000000,
    ],
    poolMax: config.TOUCHSTONE_DATABASE_POOL_MAX,
    statementTimeoutMs: config.TOUCHSTONE_DATABASE_STATEMENT_TIMEOUT_MS,
    applicationName: 'inference-gateway',
  };
}
