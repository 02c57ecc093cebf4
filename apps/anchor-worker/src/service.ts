import type { ServiceDefinition } from '@touchstone/platform';
import { migrateCommand, republishCommand } from '@touchstone/postgres';
import { AppModule, postgresOptions } from './app.module.js';
import { configSchema } from './config.js';

/** The anchor-worker as the platform starts it. */
export const serviceDefinition: ServiceDefinition<typeof configSchema> = {
  name: 'anchor-worker',
  version: '0.1.0',
  configSchema,
  openApi: { title: 'Touchstone anchor-worker' },
  module: (config) => AppModule.forConfig(config),
  commands: { migrate: migrateCommand(postgresOptions), republish: republishCommand(postgresOptions) },
};
