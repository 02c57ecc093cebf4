import { METRICS } from '@touchstone/platform/observability';
import { provide } from '@touchstone/platform/wiring';
import type { ServiceParts } from '@touchstone/service';
import { ModelRuntimes } from './adapters/sandbox/model-runtimes.js';
import { Background } from './background.js';
import type { Config } from './config.js';
import { JobRunner } from './job-runner.js';
import { MarketRunner } from './market-runner.js';
import { GatewayMetrics } from './metrics.js';
import { inference } from './providers/inference.js';
import { JobMetrics } from './job-metrics.js';
import { jobs } from './providers/jobs.js';
import { market } from './providers/market.js';
import { models } from './providers/models.js';
import { PROGRAM_PROVER, proving } from './providers/proving.js';
import { setUps } from './providers/set-ups.js';
import { InferenceGrpc } from './transport/grpc/inference.grpc.js';
import { JobsGrpc } from './transport/grpc/jobs.grpc.js';
import { ProofsGrpc } from './transport/grpc/proofs.grpc.js';
import { AiServiceController } from './transport/http/ai-service.controller.js';
import { DevelopersController } from './transport/http/developers.controller.js';
import { InferController } from './transport/http/infer.controller.js';
import { JobsController } from './transport/http/jobs.controller.js';
import { ModelStatusController } from './transport/http/model-status.controller.js';
import { ModelsController } from './transport/http/models.controller.js';
import { Operator } from './transport/http/operator.js';
import { OperatorModelsController } from './transport/http/operator-models.controller.js';
import { ProofsController } from './transport/http/proofs.controller.js';
import { SetUpFilesController } from './transport/http/set-up-files.controller.js';
import { SetUpsController } from './transport/http/set-ups.controller.js';
import { SubmissionsController } from './transport/http/submissions.controller.js';
import { VerificationsController } from './transport/http/verifications.controller.js';
import { FoundJobs } from './transport/found-jobs.js';
import { InferenceCalls } from './transport/inference-calls.js';
import { ModelPages } from './transport/present-model.js';
import { ProofCalls } from './transport/proof-calls.js';
import { SeedCalls } from './transport/http/seed/seed-calls.js';
import { SeedErrors } from './transport/http/seed/seed-errors.js';
import { SeedHealthController } from './transport/http/seed/seed-health.controller.js';
import { SeedInferController } from './transport/http/seed/seed-infer.controller.js';
import { SeedJobsController } from './transport/http/seed/seed-jobs.controller.js';
import { SeedModelPages } from './transport/http/seed/seed-model.js';
import { SeedModelsController } from './transport/http/seed/seed-models.controller.js';
import { SeedVerificationsController } from './transport/http/seed/seed-verifications.controller.js';

/** Wires the inference-gateway. */
export function appParts(config: Config): ServiceParts {
  return {
    controllers: [
      AiServiceController,
      DevelopersController,
      InferController,
      JobsController,
      ModelsController,
      ModelStatusController,
      OperatorModelsController,
      ProofsController,
      SetUpFilesController,
      SetUpsController,
      SubmissionsController,
      VerificationsController,
      SeedHealthController,
      SeedInferController,
      SeedJobsController,
      SeedModelsController,
      SeedVerificationsController,
      InferenceGrpc,
      JobsGrpc,
      ProofsGrpc,
    ],
    providers: [
      ...models(config),
      ...inference(config),
      ...proving(config),
      ...setUps(config),
      ...jobs(config),
      ...market(config),
      provide(
        GatewayMetrics,
        { registry: METRICS, runtimes: ModelRuntimes, prover: PROGRAM_PROVER },
        ({ registry, runtimes, prover }) => new GatewayMetrics(registry, () => runtimes.queued, prover),
      ),
      provide(JobMetrics, { registry: METRICS }, ({ registry }) => new JobMetrics(registry)),
      Background,
      JobRunner,
      MarketRunner,
      Operator,
      FoundJobs,
      InferenceCalls,
      ModelPages,
      SeedCalls,
      SeedErrors,
      SeedModelPages,
      ProofCalls,
    ],
  };
}
