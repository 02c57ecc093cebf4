import { services } from '@touchstone/contracts';
import { dropInbox, RememberSequences1785710000000, type PostgresOptions } from '@touchstone/postgres';
import type { Config } from '../config.js';
import { CreatePayments1785000000000 } from './migrations/create-payments-1785000000000.js';
import { FollowPayments1785400000000 } from './migrations/follow-payments-1785400000000.js';
import { OwePayments1785600000000 } from './migrations/owe-payments-1785600000000.js';
import { ShareLanes1785500000000 } from './migrations/share-lanes-1785500000000.js';

/** How the payment-verifier reaches its schema; also used by the command `migrate`. */
export function postgresOptions(config: Config): PostgresOptions {
  return {
    url: config.DATABASE_URL,
    schema: services['payment-verifier'].schema,
    migrations: [
      CreatePayments1785000000000,
      FollowPayments1785400000000,
      ShareLanes1785500000000,
      OwePayments1785600000000,
      dropInbox(services['payment-verifier'].schema),
      RememberSequences1785710000000,
    ],
    poolMax: config.TOUCHSTONE_DATABASE_POOL_MAX,
    applicationName: 'payment-verifier',
    statementTimeoutMs: config.TOUCHSTONE_DATABASE_STATEMENT_TIMEOUT_MS,
  };
}
