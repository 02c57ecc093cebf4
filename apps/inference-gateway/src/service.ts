import { capabilityHash } from '@touchstone/evidence';
import { RpcClient } from '@touchstone/nats';
import { serveGrpc } from '@touchstone/platform/grpc';
import { defineService, HEARTBEAT_INTERVAL_MS } from '@touchstone/service';
import { fileURLToPath } from 'node:url';
import { watchPaymentAsset } from './adapters/payment-verifier/payment-asset-check.js';
import { OfferedTransfers } from './adapters/transfer/offered-transfers.js';
import { appParts } from './app.module.js';
import { configSchema } from './config.js';
import { INFERENCE_SERVICE, inferenceProtoPath } from './inference-proto.js';
import { ModelCatalogue } from './domain/model/model-catalogue.js';
import type { LastNodeStatus } from './domain/node/node-status.js';
import { Initial1763700000000 } from './persistence/migrations/1763700000000-initial.js';
import { AddedModels1763800000000 } from './persistence/migrations/1763800000000-added-models.js';
import { InlineEvents1763900000000 } from './persistence/migrations/1763900000000-inline-events.js';
import { OwedAnswers1764000000000 } from './persistence/migrations/1764000000000-owed-answers.js';
import { ExecutionProofs1764100000000 } from './persistence/migrations/1764100000000-execution-proofs.js';
import { SetUps1799900000000 } from './persistence/migrations/1799900000000-set-ups.js';
import { TransferPayments1800000000000 } from './persistence/migrations/1800000000000-transfer-payments.js';
import { AddedPreprocess1800400000000 } from './persistence/migrations/1800400000000-added-preprocess.js';
import { Jobs1800200000000 } from './persistence/migrations/1800200000000-jobs.js';
import { SettlementTransactions1800450000000 } from './persistence/migrations/1800450000000-settlement-transactions.js';
import { Market1800500000000 } from './persistence/migrations/1800500000000-market.js';
import { FilePieces1800600000000 } from './persistence/migrations/1800600000000-file-pieces.js';
import { NODE_STATUS } from './tokens.js';
import { INFER_MESSAGE_BYTES_MAX } from './transport/grpc/inference.grpc.js';

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
      ExecutionProofs1764100000000,
      SetUps1799900000000,
      TransferPayments1800000000000,
      Jobs1800200000000,
      AddedPreprocess1800400000000,
      SettlementTransactions1800450000000,
      Market1800500000000,
      FilePieces1800600000000,
    ],
    parts: appParts,
    // The worker script lies beside dist and is a part of the build.
    codeFolder: fileURLToPath(new URL('..', import.meta.url)),
    heartbeat: {
      // The models of this moment: those of the folder, and those that were added since.
      capabilityHash: (_config, app) =>
        capabilityHash([
          'inference:onnx',
          ...app
            .get(ModelCatalogue)
            .all()
            .map(({ modelVersionId }) => `model:${modelVersionId}`),
        ]),
      onAnswer: (app, answer, attestation) =>
        app.get<LastNodeStatus>(NODE_STATUS).remember(answer, attestation),
      intervalMs: heartbeatIntervalMs,
    },
    setup: (app, context) => {
      serveGrpc(app, context, {
        service: INFERENCE_SERVICE,
        protoPath: inferenceProtoPath,
        requestBytesMax: INFER_MESSAGE_BYTES_MAX,
        costly: ['Infer', 'SubmitInference', 'OrderProof'],
        // What was paid for leaves, however long it is.
        answerBytesMax: Number.POSITIVE_INFINITY,
      });
      return watchPaymentAsset(app.get(RpcClient), app.get(OfferedTransfers), context);
    },
    openApi: {
      description: 'Paid inference whose answers can be proven later. Errors are problems (RFC 9457).',
      securitySchemes: {
        operator: { type: 'http', scheme: 'bearer' },
        developer: { type: 'http', scheme: 'bearer' },
        party: { type: 'http', scheme: 'bearer' },
      },
    },
  });
}

/** Paid inference whose answers can be proven later. */
export const service = serviceWith();
