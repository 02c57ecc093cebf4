import { fileURLToPath } from 'node:url';
import { serveMesh } from '@touchstone/nats';
import { serveGrpc, type ServiceDefinition } from '@touchstone/platform';
import { migrateCommand, republishCommand } from '@touchstone/postgres';
import { AppModule, postgresOptions } from './app.module.js';
import { configSchema } from './config.js';
import { CurrentKeySet } from './domain/current-key-set.js';

const VERSION = '0.1.0';
const protoFolder = fileURLToPath(new URL('../../../libs/contracts/proto', import.meta.url));

/** The signer as `runService` starts it, in `main.ts` and in tests. */
export const signerService: ServiceDefinition<typeof configSchema> = {
  name: 'signer',
  version: VERSION,
  configSchema,
  openApi: {
    title: 'Touchstone signer',
    securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
  },
  module: (config, context) => AppModule.forConfig(config, context),
  setup: async (app, context) => {
    serveMesh(app, context, 'signer');
    serveGrpc(app, context, {
      packages: ['touchstone.signer.v1'],
      protoPaths: [`${protoFolder}/touchstone/signer/v1/signer.proto`],
      services: ['touchstone.signer.v1.SignerService'],
      host: context.config.TOUCHSTONE_BIND_HOST,
      port: context.config.TOUCHSTONE_GRPC_PORT,
    });
    const keySet = app.get(CurrentKeySet);
    await keySet.publish();
    context.health.addReadiness('output-key', () => keySet.requireOutputKey());
  },
  commands: { migrate: migrateCommand(postgresOptions), republish: republishCommand(postgresOptions) },
};
