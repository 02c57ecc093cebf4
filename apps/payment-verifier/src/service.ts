import { AppError } from '@touchstone/contracts';
import { serveMesh } from '@touchstone/nats';
import type { ServiceDefinition } from '@touchstone/platform';
import { migrateCommand, republishCommand, runExclusively } from '@touchstone/postgres';
import { DataSource } from 'typeorm';
import { EvmNode } from '@touchstone/evm';
import { EvmToken } from './adapters/evm/evm-token.js';
import { AppModule } from './app.module.js';
import { postgresOptions } from './persistence/database-options.js';
import { configSchema, SETTLE_CONCURRENCY_MAX } from './config.js';
import { RecoverSettlements } from './domain/recover-settlements.js';
import { SettleOwed } from './domain/settle-owed.js';
import { RecoveryLoop } from './recovery-loop.js';
import { watchToken } from './watch-token.js';

const VERSION = '0.1.0';

/** The payment-verifier as `runService` starts it, in `main.ts` and in tests. */
export const paymentVerifierService: ServiceDefinition<typeof configSchema> = {
  name: 'payment-verifier',
  version: VERSION,
  configSchema,
  openApi: {
    title: 'Touchstone payment-verifier',
    description: 'x402 facilitator: verifies and settles payments, each at most once.',
    securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
  },
  module: (config, context) => AppModule.forConfig(config, context),
  setup: async (app, context) => {
    const { logger, health, shutdown, config } = context;
    const node = app.get(EvmNode);
    // A wrong chain stops the start; a node that is away only makes the service not ready.
    await node.assertChain().catch((error: unknown) => {
      if (!(error instanceof AppError) || error.code !== 'dependency-unavailable') throw error;
      logger.warn({ err: error }, 'the chain node does not answer yet');
    });
    health.addReadiness('evm node', async () => {
      await node.recentHead();
    });
    await watchToken(app.get(EvmToken), context);
    serveMesh(app, context, 'payment-verifier', { concurrencyMaxOf: { settle: SETTLE_CONCURRENCY_MAX } });
    const recover = app.get(RecoverSettlements);
    const dataSource = app.get(DataSource);
    const loop = new RecoveryLoop(
      () => runExclusively(dataSource, 'recovery', 'payment recovery', () => recover.run()),
      config.TOUCHSTONE_RECOVERY_INTERVAL_MS,
      logger,
    );
    loop.start();
    shutdown.add('in-flight', 'recovery', () => loop.stop());
    // A loop of its own: whoever settles waits for blocks, and what was signed before must not wait for that.
    const owed = app.get(SettleOwed);
    const owedLoop = new RecoveryLoop(
      () => runExclusively(dataSource, 'recovery', 'owed payments', () => owed.run()),
      config.TOUCHSTONE_RECOVERY_INTERVAL_MS,
      logger,
    );
    owedLoop.start();
    shutdown.add('in-flight', 'owed payments', () => owedLoop.stop());
  },
  commands: { migrate: migrateCommand(postgresOptions), republish: republishCommand(postgresOptions) },
};
