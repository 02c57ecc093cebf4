import { Module, type DynamicModule } from '@nestjs/common';
import { CLOCK, LOGGER, SHUTDOWN, type Clock, type Logger, type Shutdown } from '@touchstone/platform';
import { RpcClient } from '@touchstone/nats';
import { Outbox } from '@touchstone/postgres';
import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { DataSource } from 'typeorm';
import { loadModels } from './adapters/model-folder/load-models.js';
import { checkDeclaration } from './adapters/onnx/check-declaration.js';
import { OnnxPool } from './adapters/onnx/onnx-pool.js';
import { inspectModel } from './adapters/sandbox/inspect-model.js';
import { ModelRuntimes } from './adapters/sandbox/model-runtimes.js';
import { Sandbox } from './adapters/sandbox/sandbox.js';
import { RpcSigner } from './adapters/signer/rpc-signer.js';
import type { Config } from './config.js';
import { MODEL_RUNNER } from './domain/inference/model-runner.js';
import { SIGNER, type Signer } from './domain/inference/signer.js';
import { ADD_MODEL, AddModel } from './domain/model/add-model.js';
import { ADDED_MODELS, type AddedModelStore } from './domain/model/added-model.js';
import { COMMITMENT_KEEPER, CommitmentKeeper } from './domain/model/commitment-keeper.js';
import { MODEL_CATALOGUE, ModelCatalogue } from './domain/model/model-catalogue.js';
import { MODEL_REGISTRY, registerModels, type ModelRegistry } from './domain/model/register-models.js';
import { AddedModelRepository } from './persistence/added-model-repository.js';
import { CommitmentRepository } from './persistence/commitment-repository.js';
import { ModelRepository } from './persistence/model-repository.js';

/** One core stays for the thread that answers requests. */
function defaultWorkers(): number {
  return Math.max(1, availableParallelism() - 1);
}

/** Models, their runtime and their commitments. A model that does not hold stops the start. */
@Module({})
export class ModelsModule {
  static forConfig(config: Config): DynamicModule {
    return {
      module: ModelsModule,
      global: true,
      providers: [
        {
          provide: SIGNER,
          inject: [RpcClient, LOGGER],
          useFactory: (rpc: RpcClient, logger: Logger) => new RpcSigner(rpc, logger),
        },
        {
          provide: MODEL_RUNNER,
          inject: [SHUTDOWN],
          useFactory: (shutdown: Shutdown) => {
            const runtimes = runtimesOf(config);
            shutdown.add('servers', 'model workers', () => runtimes.close());
            return runtimes;
          },
        },
        {
          provide: MODEL_REGISTRY,
          inject: [DataSource],
          useFactory: (dataSource: DataSource) => new ModelRepository(dataSource),
        },
        {
          provide: ADDED_MODELS,
          inject: [DataSource],
          useFactory: (dataSource: DataSource) => new AddedModelRepository(dataSource),
        },
        {
          provide: MODEL_CATALOGUE,
          inject: [MODEL_RUNNER, MODEL_REGISTRY, ADDED_MODELS],
          useFactory: async (runtimes: ModelRuntimes, registry: ModelRegistry, added: AddedModelStore) => {
            const models = await loadModels(config.TOUCHSTONE_MODELS_DIR);
            for (const model of models) checkDeclaration(model, await runtimes.deployed.describe(model));
            const catalogue = new ModelCatalogue(models, added);
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
        {
          provide: ADD_MODEL,
          inject: [MODEL_RUNNER, MODEL_CATALOGUE, ADDED_MODELS, COMMITMENT_KEEPER, LOGGER],
          useFactory: makeAddModel,
        },
      ],
      exports: [SIGNER, MODEL_RUNNER, MODEL_REGISTRY, MODEL_CATALOGUE, COMMITMENT_KEEPER, ADD_MODEL],
    };
  }
}

function runtimesOf(config: Config): ModelRuntimes {
  const limits = {
    queueMax: config.TOUCHSTONE_INFERENCE_QUEUE_MAX,
    timeoutMs: config.TOUCHSTONE_INFERENCE_TIMEOUT_MS,
  };
  const workers = config.TOUCHSTONE_INFERENCE_WORKERS ?? defaultWorkers();
  return new ModelRuntimes(new OnnxPool({ workers, ...limits }), new Sandbox(limits));
}

function makeAddModel(
  { sandbox }: ModelRuntimes,
  catalogue: ModelCatalogue,
  store: AddedModelStore,
  commitments: CommitmentKeeper,
  logger: Logger,
): AddModel {
  return new AddModel({
    catalogue,
    store,
    commitments,
    inspect: (bytes) => inspectModel(sandbox, bytes),
    sha3: (bytes) => createHash('sha3-256').update(bytes).digest('hex'),
    forget: (modelVersionId) => sandbox.forget(modelVersionId),
    commitmentLate: (modelId, error) =>
      logger.warn({ modelId, err: error }, 'the commitment of an added model is not in place yet'),
  });
}
