import { fileURLToPath } from 'node:url';
import { AppError } from '@touchstone/contracts';
import { serveGrpc } from '@touchstone/platform/grpc';
import type { Logger } from '@touchstone/platform/observability';
import { capabilityHash } from '@touchstone/evidence';
import { defineService } from '@touchstone/service';
import { appParts } from './app.module.js';
import { capabilitiesOf } from './capabilities.js';
import { configSchema } from './config.js';
import { CurrentKeySet } from './domain/current-key-set.js';
import { CheckpointSigning } from './domain/sign-checkpoint.js';
import { logCommand } from './log-command.js';
import { NodeNews } from './node-news.js';
import { CreateSigner1763700000000 } from './persistence/migrations/1763700000000-create-signer.js';
import { EventBatches1796400000000 } from './persistence/migrations/1796400000000-event-batches.js';
import { LogFence1796500000000 } from './persistence/migrations/1796500000000-log-fence.js';

const protoPath = fileURLToPath(
  new URL('../../../libs/contracts/proto/touchstone/signer/v1/signer.proto', import.meta.url),
);

/** Holds the keys and signs what its callers may have signed. */
export const service = defineService({
  name: 'signer',
  configSchema,
  migrations: [CreateSigner1763700000000, EventBatches1796400000000, LogFence1796500000000],
  parts: appParts,
  heartbeat: { capabilityHash: (config) => capabilityHash(capabilitiesOf(config)) },
  openApi: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  commands: { log: logCommand },
  setup: async (app, context) => {
    serveGrpc(app, context, {
      service: 'touchstone.signer.v1.SignerService',
      protoPath,
    });
    const keySet = app.get(CurrentKeySet);
    await Promise.all([
      keySet.publish(),
      app.get(NodeNews).begin(),
      beginLog(app.get(CheckpointSigning), context.logger),
    ]);
    context.health.addReadiness('output-key', () => keySet.requireOutputKey());
  },
});

/** A closed log keeps nobody from signing outputs. */
async function beginLog(checkpoints: CheckpointSigning, logger: Logger): Promise<void> {
  try {
    await checkpoints.begin();
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'checkpoint-refused') throw error;
    logger.error({ err: error }, 'the log is closed');
  }
}
