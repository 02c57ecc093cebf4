import { METRICS } from '@touchstone/platform/observability';
import { provide } from '@touchstone/platform/wiring';
import type { ServiceParts } from '@touchstone/service';
import { ModelRuntimes } from './adapters/sandbox/model-runtimes.js';
import { Background, HEARTBEAT_PAUSE_MS } from './background.js';
import type { Config } from './config.js';
import { GatewayMetrics } from './metrics.js';
import { inference } from './providers/inference.js';
import { models } from './providers/models.js';
import { InferController } from './transport/http/infer.controller.js';
import { ModelsController } from './transport/http/models.controller.js';
import { Operator } from './transport/http/operator.js';
import { OperatorModelsController } from './transport/http/operator-models.controller.js';
import { VerificationsController } from './transport/http/verifications.controller.js';

/** Wires the inference-gateway. @param heartbeatPauseMs milliseconds between two heartbeats */
export function appParts(config: Config, heartbeatPauseMs: number): ServiceParts {
  return {
    controllers: [InferController, ModelsController, OperatorModelsController, VerificationsController],
    providers: [
      ...models(config),
      ...inference(config),
      provide(
        GatewayMetrics,
        { registry: METRICS, runtimes: ModelRuntimes },
        ({ registry, runtimes }) => new GatewayMetrics(registry, () => runtimes.queued),
      ),
      provide(HEARTBEAT_PAUSE_MS, {}, () => heartbeatPauseMs),
      Background,
      Operator,
    ],
  };
}
