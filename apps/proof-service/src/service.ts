import { capabilityHash } from '@touchstone/evidence';
import { serveGrpc } from '@touchstone/platform/grpc';
import { defineService } from '@touchstone/service';
import { fileURLToPath } from 'node:url';
import { appParts } from './app.module.js';
import { capabilitiesOf } from './capabilities.js';
import { configSchema } from './config.js';
import type { RetryPauses } from './domain/object/ports.js';
import type { ConsumerDelays } from './ingest-runner.js';
import { CreateProofs1763700000000 } from './persistence/migrations/1763700000000-create-proofs.js';
import { InlineRecords1763900000000 } from './persistence/migrations/1763900000000-inline-records.js';
import { AnchorKinds1785800000000 } from './persistence/migrations/1785800000000-anchor-kinds.js';
import { AnchorSizes1785900000000 } from './persistence/migrations/1785900000000-anchor-sizes.js';
import { EventBatches1796400000000 } from './persistence/migrations/1796400000000-event-batches.js';
import { ExecutionProofs1796500000000 } from './persistence/migrations/1796500000000-execution-proofs.js';
import { ProofObjects1798700000000 } from './persistence/migrations/1798700000000-proof-objects.js';
import { LogObjects1799910000000 } from './persistence/migrations/1799910000000-log-objects.js';
import { PROOF_ANSWER_BYTES_MAX, PROOF_REQUEST_BYTES_MAX } from './transport/grpc/proof.grpc.js';

const protoPath = fileURLToPath(
  new URL('../../../libs/contracts/proto/touchstone/proof/v1/proof.proto', import.meta.url),
);

/** The proof-service with other delays of its consumers, and other pauses after a place did not take an object, which tests shorten. */
export function serviceWith(delays: ConsumerDelays = {}, pauses?: RetryPauses) {
  return defineService({
    name: 'proof-service',
    configSchema,
    migrations: [
      CreateProofs1763700000000,
      InlineRecords1763900000000,
      AnchorKinds1785800000000,
      AnchorSizes1785900000000,
      EventBatches1796400000000,
      ExecutionProofs1796500000000,
      ProofObjects1798700000000,
      LogObjects1799910000000,
    ],
    parts: (config) => appParts(config, delays, pauses),
    setup: (app, context) =>
      void serveGrpc(app, context, {
        service: 'touchstone.proof.v1.ProofService',
        protoPath,
        requestBytesMax: PROOF_REQUEST_BYTES_MAX,
        answerBytesMax: PROOF_ANSWER_BYTES_MAX,
      }),
    heartbeat: { capabilityHash: (config) => capabilityHash(capabilitiesOf(config)) },
  });
}

/** Keeps a copy of the log and serves evidence from it. */
export const service = serviceWith();
