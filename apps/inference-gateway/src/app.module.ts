import { Module, type DynamicModule } from '@nestjs/common';
import { METRICS, type Registry } from '@touchstone/platform';
import type { ServiceParts } from '@touchstone/service';
import type { ModelRuntimes } from './adapters/sandbox/model-runtimes.js';
import { Background, HEARTBEAT_PAUSE } from './background.js';
import type { Config } from './config.js';
import { MODEL_RUNNER } from './domain/inference/model-runner.js';
import { InferenceModule } from './inference.module.js';
import { GATEWAY_METRICS, GatewayMetrics } from './metrics.js';
import { ModelsModule } from './models.module.js';
import { InferController } from './transport/http/infer.controller.js';
import { ModelsController } from './transport/http/models.controller.js';
import { Operator } from './transport/http/operator.js';
import { OperatorModelsController } from './transport/http/operator-models.controller.js';
import { VerificationsController } from './transport/http/verifications.controller.js';

/** The figures need the pool and are needed by both other modules. */
@Module({})
class MetricsModule {
  static forService(): DynamicModule {
    return {
      module: MetricsModule,
      global: true,
      providers: [
        {
          provide: GATEWAY_METRICS,
          inject: [METRICS, MODEL_RUNNER],
          useFactory: (registry: Registry, runtimes: ModelRuntimes) =>
            new GatewayMetrics(registry, () => runtimes.queued),
        },
      ],
      exports: [GATEWAY_METRICS],
    };
  }
}

/** Wires the inference-gateway. @param heartbeatIntervalMs milliseconds between two heartbeats */
export function appParts(config: Config, heartbeatIntervalMs: number): ServiceParts {
  return {
    imports: [ModelsModule.forConfig(config), MetricsModule.forService(), InferenceModule.forConfig(config)],
    controllers: [InferController, ModelsController, OperatorModelsController, VerificationsController],
    providers: [Background, Operator, { provide: HEARTBEAT_PAUSE, useValue: heartbeatIntervalMs }],
  };
}
