import type { ServiceCommand } from '@touchstone/platform/runtime';
import type { PostgresOptions } from './data-source.js';
import { runMigrations } from './migrations.js';

/** The command `migrate` of a service: runs what is pending, and says in the log what ran. */
export function migrateCommand<C>(optionsOf: (config: C) => PostgresOptions): ServiceCommand<C> {
  return {
    run: async (config, { logger }) => {
      const ran = await runMigrations(optionsOf(config));
      logger.info({ ran }, 'migrated');
    },
  };
}
