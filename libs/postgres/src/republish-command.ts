import type { ServiceCommand } from '@touchstone/platform/runtime';
import type { PostgresOptions } from './data-source.js';
import { readRepublishArguments, REPUBLISH_USAGE } from './outbox/republish-arguments.js';
import { republish } from './outbox/republish.js';

/** The command `republish` of a service with an outbox; the running service's relay then publishes. */
export function republishCommand<C>(optionsOf: (config: C) => PostgresOptions): ServiceCommand<C> {
  return {
    usage: REPUBLISH_USAGE,
    run: async (config, { logger, clock }, args) => {
      const { selection, dryRun } = readRepublishArguments(args, clock.nowMs());
      const events = await republish(optionsOf(config), selection, dryRun);
      logger.info({ events, dryRun }, dryRun ? 'would be published again' : 'to be published again');
    },
  };
}
