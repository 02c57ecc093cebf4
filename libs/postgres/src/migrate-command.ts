import { AppError } from '@touchstone/contracts';
import type { ServiceCommand } from '@touchstone/platform/runtime';
import type { PostgresOptions } from './data-source.js';
import { migrationPhases, runMigrations, type MigrationPhase } from './migrations.js';
import { withStartErrors } from './start-errors.js';

/** What `migrate` takes. */
export const MIGRATE_USAGE = `[${migrationPhases.join('|')}]`;

/**
 * The command `migrate` of a service: runs what is pending, and says in the log what ran. With a phase it is one half of an
 * upgrade without a pause.
 */
export function migrateCommand<C>(optionsOf: (config: C) => PostgresOptions): ServiceCommand<C> {
  return {
    usage: MIGRATE_USAGE,
    run: async (config, { logger }, args) => {
      const phase = phaseOf(args);
      const ran = await withStartErrors(() => runMigrations(optionsOf(config), phase));
      logger.info({ ran, ...(phase === undefined ? {} : { phase }) }, 'migrated');
    },
  };
}

function phaseOf(args: readonly string[]): MigrationPhase | undefined {
  const [given, ...more] = args;
  if (given === undefined) return undefined;
  const phase = migrationPhases.find((known) => known === given);
  if (phase === undefined || more.length > 0)
    throw new AppError(
      'validation-failed',
      `migrate takes ${migrationPhases.join(' or ')}, not ${args.join(' ')}.`,
    );
  return phase;
}
