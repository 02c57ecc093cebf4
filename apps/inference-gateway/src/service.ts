import { RpcClient } from '@touchstone/nats';
import type { ServiceDefinition } from '@touchstone/platform';
import { migrateCommand, republishCommand } from '@touchstone/postgres';
import { fileURLToPath } from 'node:url';
import { watchPaymentAsset } from './adapters/payment-verifier/payment-asset-check.js';
import { AppModule } from './app.module.js';
import { gatewayConfig } from './config.js';
import { databaseOptions } from './persistence/database-options.js';

/** Everything that is particular to the inference-gateway. */
export const gatewayService: ServiceDefinition<typeof gatewayConfig> = {
  name: 'inference-gateway',
  version: '0.1.0',
  configSchema: gatewayConfig,
  // The worker script lies beside dist and is a part of the build.
  codeFolder: fileURLToPath(new URL('..', import.meta.url)),
  module: (config) => AppModule.forConfig(config),
  setup: (app, context) => watchPaymentAsset(app.get(RpcClient), context),
  commands: { migrate: migrateCommand(databaseOptions), republish: republishCommand(databaseOptions) },
  openApi: {
    title: 'Touchstone inference-gateway',
    description: 'Paid inference whose answers can be proven later. Errors are problems (RFC 9457).',
    securitySchemes: { operator: { type: 'http', scheme: 'bearer' } },
  },
};
