import { serveMesh } from '@touchstone/nats';
import type { ServiceDefinition } from '@touchstone/platform';
import { migrateCommand, republishCommand } from '@touchstone/postgres';
import { AppModule, postgresOptions } from './app.module.js';
import { configSchema } from './config.js';

/** The attestation hub as `runService` starts it, in `main.ts` and in tests. */
export const attestationHubService: ServiceDefinition<typeof configSchema> = {
  name: 'attestation-hub',
  version: '0.1.0',
  configSchema,
  openApi: {
    title: 'Touchstone attestation-hub',
    description: 'Takes the heartbeats of nodes and tells what each node last said about itself.',
    securitySchemes: { node: { type: 'http', scheme: 'bearer' } },
  },
  module: (config, context) => AppModule.forConfig(config, context),
  setup: (app, context) => serveMesh(app, context, 'attestation-hub'),
  commands: { migrate: migrateCommand(postgresOptions), republish: republishCommand(postgresOptions) },
};
