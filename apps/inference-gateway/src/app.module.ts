import { METRICS } from '@touchstone/platform/observability';
import { provide } from '@touchstone/platform/wiring';
import type { ServiceParts } from '@touchstone/service';
import { ModelRuntimes } from './adapters/sandbox/model-runtimes.js';
import { Background } from './background.js';
import type { Config } from './config.js';
import { GatewayMetrics } from './metrics.js';
import { inference } from './providers/inference.js';
import { models } from './providers/models.js';
import { InferenceGrpc } from './transport/grpc/inference.grpc.js';
import { InferController } from './transport/http/infer.controller.js';
import { ModelsController } from './transport/http/models.controller.js';
import { Operator } from './transport/http/operator.js';
import { OperatorModelsController } from './transport/http/operator-models.controller.js';
import { VerificationsController } from './transport/http/verifications.controller.js';
import { InferenceCalls } from './transport/inference-calls.js';

/** Wires the inference-gateway. */
export function appParts(config: Config): ServiceParts {
  return {
    controllers: [
      InferController,
      ModelsController,
      OperatorModelsController,
      VerificationsController,
      InferenceGrpc,
    ],
    providers: [
      ...models(config),
      ...inference(config),
      provide(
        GatewayMetrics,
        { registry: METRICS, runtimes: ModelRuntimes },
        ({ registry, runtimes }) => new GatewayMetrics(registry, () => runtimes.queued),
      ),
      Background,
      Operator,
      InferenceCalls,
    ],
  };
}
