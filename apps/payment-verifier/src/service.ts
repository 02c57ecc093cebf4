import type { INestApplication } from '@nestjs/common';
import { AppError } from '@touchstone/contracts';
import type { ServiceContext } from '@touchstone/platform/wiring';
import { runExclusively } from '@touchstone/postgres';
import { capabilityHash } from '@touchstone/evidence';
import { defineService } from '@touchstone/service';
import { Loop } from '@touchstone/work';
import { DataSource } from 'typeorm';
import { EvmNode } from '@touchstone/evm';
import { EvmToken } from './adapters/evm/evm-token.js';
import { appParts } from './app.module.js';
import { capabilitiesOf } from './capabilities.js';
import { configSchema, SETTLE_CONCURRENCY_MAX, type Config } from './config.js';
import { FollowTransfers } from './domain/follow-transfers.js';
import { RecoverSettlements } from './domain/recover-settlements.js';
import { SettleOwed } from './domain/settle-owed.js';
import { CreatePayments1785000000000 } from './persistence/migrations/1785000000000-create-payments.js';
import { FollowPayments1785400000000 } from './persistence/migrations/1785400000000-follow-payments.js';
import { ShareLanes1785500000000 } from './persistence/migrations/1785500000000-share-lanes.js';
import { DirectTransfers1785800000000 } from './persistence/migrations/1785800000000-direct-transfers.js';
import { OwePayments1785600000000 } from './persistence/migrations/1785600000000-owe-payments.js';
import { watchToken } from './watch-token.js';

/** x402 facilitator: verifies and settles payments, each at most once. */
export const service = defineService({
  name: 'payment-verifier',
  configSchema,
  migrations: [
    CreatePayments1785000000000,
    FollowPayments1785400000000,
    ShareLanes1785500000000,
    OwePayments1785600000000,
    DirectTransfers1785800000000,
  ],
  parts: appParts,
  heartbeat: { capabilityHash: (config) => capabilityHash(capabilitiesOf(config)) },
  rpcLimits: { concurrencyMaxOf: { settle: SETTLE_CONCURRENCY_MAX } },
  openApi: {
    description: 'x402 facilitator: verifies and settles payments, each at most once.',
    securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
  },
  setup: async (app, context) => {
    const { logger, health } = context;
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
    const recover = app.get(RecoverSettlements);
    repeat(app, context, 'recovery', 'payment recovery', () => recover.run());
    // A loop of its own: whoever settles waits for blocks, and what was signed before must not wait for that.
    const owed = app.get(SettleOwed);
    repeat(app, context, 'owed payments', 'owed payments', () => owed.run());
    const following = app.get(FollowTransfers);
    repeat(app, context, 'transfers', 'transfers', () => following.run());
  },
});

/** Repeats a job in one replica at a time, at once first: what a crash left open should not wait. */
function repeat(
  app: INestApplication,
  { config, logger, shutdown }: ServiceContext<Config>,
  part: string,
  lock: string,
  job: () => Promise<unknown>,
): void {
  const dataSource = app.get(DataSource);
  const intervalMs = config.TOUCHSTONE_RECOVERY_INTERVAL_MS;
  const loop = new Loop({
    run: async () => void (await runExclusively(dataSource, 'recovery', lock, job)),
    pollMs: intervalMs,
    backoffFirstMs: intervalMs,
    backoffMaxMs: intervalMs,
    onFailure: (error) => logger.warn({ err: error }, 'open payments could not be looked at'),
  });
  loop.start();
  shutdown.add('in-flight', part, () => loop.stop());
}
