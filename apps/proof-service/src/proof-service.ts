import type { ServiceDefinition } from '@touchstone/platform';
import { migrateCommand } from '@touchstone/postgres';
import { AppModule, postgresOptions } from './app.module.js';
import { configSchema } from './config.js';

/** The proof-service as the platform starts it, in `main.ts` and in tests. */
export const proofService: ServiceDefinition<typeof configSchema> = {
  name: 'proof-service',
  version: '0.1.0',
  configSchema,
  openApi: { title: 'Touchstone proof-service' },
  module: (config) => AppModule.forConfig(config),
  commands: { migrate: migrateCommand(postgresOptions) },
};
