import { RpcClient } from '@touchstone/nats';
import { defineService } from '@touchstone/service';
import { fileURLToPath } from 'node:url';
import { HEARTBEAT_INTERVAL_MS } from './adapters/attestation-hub/heartbeat.js';
import { watchPaymentAsset } from './adapters/payment-verifier/payment-asset-check.js';
import { appParts } from './app.module.js';
import { configSchema } from './config.js';
import { Initial1763700000000 } from './persistence/migrations/1763700000000-initial.js';
import { AddedModels1763800000000 } from './persistence/migrations/1763800000000-added-models.js';
import { InlineEvents1763900000000 } from './persistence/migrations/1763900000000-inline-events.js';
import { OwedAnswers1764000000000 } from './persistence/migrations/1764000000000-owed-answers.js';

/** The inference-gateway with another pause between its heartbeats, which tests shorten. */
export function serviceWith(heartbeatIntervalMs = HEARTBEAT_INTERVAL_MS) {
  return defineService({
    name: 'inference-gateway',
    configSchema,
    migrations: [
      Initial1763700000000,
      AddedModels1763800000000,
      InlineEvents1763900000000,
      OwedAnswers1764000000000,
    ],
    parts: (config) => appParts(config, heartbeatIntervalMs),
    // The worker script lies beside dist and is a part of the build.
    codeFolder: fileURLToPath(new URL('..', import.meta.url)),
    setup: (app, context) => watchPaymentAsset(app.get(RpcClient), context),
    openApi: {
      description: 'Paid inference whose answers can be proven later. Errors are problems (RFC 9457).',
      securitySchemes: { operator: { type: 'http', scheme: 'bearer' } },
    },
  });
}

/** Paid inference whose answers can be proven later. */
export const service = serviceWith();
