import { Module, type DynamicModule } from '@nestjs/common';
import { CLOCK, SHUTDOWN, type Clock, type Shutdown } from '@touchstone/platform';
import { RpcClient } from '@touchstone/nats';
import { Outbox } from '@touchstone/postgres';
import { availableParallelism } from 'node:os';
import { DataSource } from 'typeorm';
import { loadModels } from './adapters/model-folder/load-models.js';
import { checkDeclaration } from './adapters/onnx/check-declaration.js';
import { OnnxPool } from './adapters/onnx/onnx-pool.js';
import { RpcSigner } from './adapters/signer/rpc-signer.js';
import type { GatewayConfig } from './config.js';
import { MODEL_RUNNER } from './domain/inference/model-runner.js';
import { SIGNER, type Signer } from './domain/inference/signer.js';
import { COMMITMENT_KEEPER, CommitmentKeeper } from './domain/model/commitment-keeper.js';
import { MODEL_CATALOGUE, ModelCatalogue } from './domain/model/model-catalogue.js';
import { MODEL_REGISTRY, registerModels, type ModelRegistry } from './domain/model/register-models.js';
import { CommitmentRepository } from './persistence/commitment-repository.js';
import { ModelRepository } from './persistence/model-repository.js';

/** One core stays for the thread that answers requests. */
function defaultWorkers(): number {
  return Math.max(1, availableParallelism() - 1);
}

/** Models, their runtime and their commitments. A model that does not hold stops the start. */
@Module({})
export class ModelsModule {
  static forConfig(config: GatewayConfig): DynamicModule {
    return {
      module: ModelsModule,
      global: true,
      providers: [
        { provide: SIGNER, inject: [RpcClient], useFactory: (rpc: RpcClient) => new RpcSigner(rpc) },
        {
          provide: MODEL_RUNNER,
          inject: [SHUTDOWN],
          useFactory: (shutdown: Shutdown) => {
            const pool = new OnnxPool({
              workers: config.TOUCHSTONE_INFERENCE_WORKERS ?? defaultWorkers(),
              queueMax: config.TOUCHSTONE_INFERENCE_QUEUE_MAX,
              timeoutMs: config.TOUCHSTONE_INFERENCE_TIMEOUT_MS,
            });
            shutdown.add('servers', 'model workers', () => pool.close());
            return pool;
          },
        },
        {
          provide: MODEL_REGISTRY,
          inject: [DataSource],
          useFactory: (dataSource: DataSource) => new ModelRepository(dataSource),
        },
        {
          provide: MODEL_CATALOGUE,
          inject: [MODEL_RUNNER, MODEL_REGISTRY],
          useFactory: async (pool: OnnxPool, registry: ModelRegistry) => {
            const models = await loadModels(config.TOUCHSTONE_MODELS_DIR);
            for (const model of models) checkDeclaration(model, await pool.describe(model));
            const catalogue = new ModelCatalogue(models);
            await registerModels(registry, catalogue);
            return catalogue;
          },
        },
        {
          provide: COMMITMENT_KEEPER,
          inject: [SIGNER, DataSource, Outbox, CLOCK],
          useFactory: (signer: Signer, dataSource: DataSource, outbox: Outbox, clock: Clock) =>
            new CommitmentKeeper(signer, new CommitmentRepository(dataSource, outbox), () => clock.nowMs()),
        },
      ],
      exports: [SIGNER, MODEL_RUNNER, MODEL_REGISTRY, MODEL_CATALOGUE, COMMITMENT_KEEPER],
    };
  }
}
