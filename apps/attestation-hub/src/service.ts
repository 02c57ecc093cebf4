import { MESH, NatsMicroServer, type Mesh } from '@touchstone/nats';
import type { ServiceDefinition } from '@touchstone/platform';
import { runMigrations } from '@touchstone/postgres';
import { AppModule, postgresOptions } from './app.module.js';
import { configSchema } from './config.js';

const VERSION = '0.1.0';

/** The attestation hub as `runService` starts it, in `main.ts` and in tests. */
export const attestationHubService: ServiceDefinition<typeof configSchema> = {
  name: 'attestation-hub',
  version: VERSION,
  configSchema,
  openApi: {
    title: 'Touchstone attestation-hub',
    description: 'Takes the heartbeats of nodes and tells what each node last said about itself.',
  },
  module: (config, context) => AppModule.forConfig(config, context),
  setup: (app, { logger, shutdown }) => {
    const { nc } = app.get<Mesh>(MESH);
    const strategy = new NatsMicroServer({ nc, service: 'attestation-hub', version: VERSION, logger });
    app.connectMicroservice({ strategy });
    shutdown.add('consumers', 'attestation RPC', () => strategy.close());
  },
  commands: {
    migrate: async (config, { logger }) => {
      const ran = await runMigrations(postgresOptions(config));
      logger.info({ ran }, 'migrated');
    },
  },
};
