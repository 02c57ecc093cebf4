import { services, type ServiceName } from '@touchstone/contracts';
import { dropInbox, RememberSequences1785710000000, type PostgresOptions } from '@touchstone/postgres';
import { placeInMesh } from './place-in-mesh.js';
import type { SharedConfig } from './shared-config.js';

/** Migration classes of a service. */
export type Migrations = NonNullable<PostgresOptions['migrations']>;

/** How a service reaches its schema, with its own migrations and those of its outbox. */
export function databaseOptionsOf(
  service: ServiceName,
  migrations: Migrations,
  config: Pick<
    SharedConfig,
    'DATABASE_URL' | 'TOUCHSTONE_DATABASE_POOL_MAX' | 'TOUCHSTONE_DATABASE_STATEMENT_TIMEOUT_MS'
  >,
): PostgresOptions {
  const { schema } = services[service];
  return {
    url: config.DATABASE_URL,
    schema,
    migrations: placeInMesh(service).publishes
      ? [...migrations, dropInbox(schema), RememberSequences1785710000000]
      : migrations,
    poolMax: config.TOUCHSTONE_DATABASE_POOL_MAX,
    applicationName: service,
    statementTimeoutMs: config.TOUCHSTONE_DATABASE_STATEMENT_TIMEOUT_MS,
  };
}
