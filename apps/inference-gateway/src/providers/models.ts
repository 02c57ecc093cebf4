import { LOGGER } from '@touchstone/platform/observability';
import { SHUTDOWN } from '@touchstone/platform/runtime';
import { CLOCK, provide } from '@touchstone/platform/wiring';
import { RpcClient } from '@touchstone/nats';
import { Outbox } from '@touchstone/postgres';
import { availableParallelism, tmpdir } from 'node:os';
import { DataSource } from 'typeorm';
import { BodyReaders } from '../adapters/body/body-readers.js';
import { IntegerRunner } from '../adapters/integer/integer-runner.js';
import { CachedModelFiles } from '../adapters/model-files/cached-model-files.js';
import { loadModels } from '../adapters/model-folder/load-models.js';
import { checkDeclaration } from '../adapters/onnx/check-declaration.js';
import { OnnxPool } from '../adapters/onnx/onnx-pool.js';
import { inspectModel } from '../adapters/sandbox/inspect-model.js';
import { readOnnxMetadata } from '../adapters/onnx/onnx-metadata.js';
import { readStructure } from '../adapters/onnx/read-structure.js';
import { ProcessPreparers } from '../adapters/preparation/process-preparers.js';
import { ModelRuntimes } from '../adapters/sandbox/model-runtimes.js';
import { Sandbox } from '../adapters/sandbox/sandbox.js';
import { RpcSigner } from '../adapters/signer/rpc-signer.js';
import type { Config } from '../config.js';
import { checkPreprocess, PREPROCESS_KEY } from '../domain/model/added-preprocess.js';
import { AddModel } from '../domain/model/add-model.js';
import { CommitmentKeeper } from '../domain/model/commitment-keeper.js';
import { ModelCatalogue } from '../domain/model/model-catalogue.js';
import { registerModels } from '../domain/model/register-models.js';
import { PostgresAddedModelStore } from '../persistence/postgres-added-model-store.js';
import { PostgresCommitmentStore } from '../persistence/postgres-commitment-store.js';
import { PostgresModelStore } from '../persistence/postgres-model-store.js';
import { InferBodies } from '../transport/infer-bodies.js';
import { ADDED_MODELS, MODEL_FILES, MODEL_STORE, PREPARERS, SIGNER, UPLOADS } from '../tokens.js';

/** Fewest processes for pictures, and for tokenizers. */
const PREPARER_PROCESSES_MIN = 2;

/** One core stays for the thread that answers requests. */
function defaultWorkers(): number {
  return Math.max(1, availableParallelism() - 1);
}

/** Models, their runtime and their commitments. A model that does not hold stops the start. */
export function models(config: Config) {
  const store = { dataSource: DataSource };
  return [
    provide(SIGNER, { rpc: RpcClient, logger: LOGGER }, ({ rpc, logger }) => new RpcSigner(rpc, logger)),
    provide(ModelRuntimes, { shutdown: SHUTDOWN }, ({ shutdown }) => {
      const runtimes = runtimesOf(config);
      shutdown.add('servers', 'model workers', () => runtimes.close());
      return runtimes;
    }),
    provide(PREPARERS, { shutdown: SHUTDOWN }, ({ shutdown }) => {
      const preparers = new ProcessPreparers({ processes: preparerProcesses(config) });
      shutdown.add('servers', 'pictures and tokenizers', () => preparers.close());
      return preparers;
    }),
    ...modelFiles(config),
    provide(MODEL_STORE, store, ({ dataSource }) => new PostgresModelStore(dataSource)),
    provide(
      ADDED_MODELS,
      { ...store, clock: CLOCK, files: MODEL_FILES },
      ({ dataSource, clock, files }) => new PostgresAddedModelStore(dataSource, () => clock.nowMs(), files),
    ),
    provide(
      ModelCatalogue,
      { runtimes: ModelRuntimes, registry: MODEL_STORE, added: ADDED_MODELS, preparers: PREPARERS },
      async ({ runtimes, registry, added, preparers }) => {
        const deployed = await loadModels(config.TOUCHSTONE_MODELS_DIR);
        for (const model of deployed)
          // A circuit was compiled from the file, which declares the floats that it was trained with.
          if (!model.circuit) checkDeclaration(model, await runtimes.deployed.describe(model));
        for (const { preprocessing } of deployed) await preprocessing?.tryOut?.(preparers);
        const catalogue = new ModelCatalogue(deployed, added);
        await registerModels(registry, catalogue);
        return catalogue;
      },
    ),
    provide(InferBodies, { catalogue: ModelCatalogue, shutdown: SHUTDOWN }, ({ catalogue, shutdown }) => {
      const readers = new BodyReaders();
      shutdown.add('servers', 'body readers', () => readers.close());
      return new InferBodies(catalogue, readers);
    }),
    provide(
      CommitmentKeeper,
      { ...store, signer: SIGNER, outbox: Outbox, clock: CLOCK },
      ({ signer, dataSource, outbox, clock }) =>
        new CommitmentKeeper(signer, new PostgresCommitmentStore(dataSource, outbox), () => clock.nowMs()),
    ),
    addModel(),
  ];
}

/** Where files of models lie, while they are received and while they are served. */
function modelFiles(config: Config) {
  const { TOUCHSTONE_MODEL_CACHE_DIR: folder, TOUCHSTONE_MODEL_CACHE_MAX_BYTES: bytesMax } = config;
  return [
    provide(MODEL_FILES, { shutdown: SHUTDOWN }, async ({ shutdown }) => {
      const files = await CachedModelFiles.open(folder, bytesMax);
      shutdown.add('servers', 'files of models', () => files.close());
      return files;
    }),
    provide(UPLOADS, {}, () => ({
      folder: config.TOUCHSTONE_UPLOADS_DIR ?? tmpdir(),
      modelBytesMax: config.TOUCHSTONE_MODEL_MAX_BYTES,
    })),
  ];
}

/** Adds models, each tried where it can do no harm. */
function addModel() {
  return provide(
    AddModel,
    {
      ...{ runtimes: ModelRuntimes, catalogue: ModelCatalogue, store: ADDED_MODELS },
      ...{ commitments: CommitmentKeeper, preparers: PREPARERS, logger: LOGGER },
    },
    ({ runtimes: { sandbox }, preparers, logger, ...parts }) =>
      new AddModel({
        ...parts,
        inspect: (file) => inspectModel(sandbox, file),
        checkPreprocess: async (sent, { path }, inputs) => {
          const bound = readOnnxMetadata((await readStructure(path)).bytes).get(PREPROCESS_KEY);
          return checkPreprocess(sent, bound, inputs, preparers);
        },
        forget: (modelVersionId) => sandbox.forget(modelVersionId),
        commitmentLate: (modelId, error) =>
          logger.warn({ modelId, err: error }, 'the commitment of an added model is not in place yet'),
      }),
  );
}

/** One that hangs until its time is over leaves another. */
function preparerProcesses(config: Config): number {
  return Math.max(PREPARER_PROCESSES_MIN, config.TOUCHSTONE_INFERENCE_WORKERS ?? defaultWorkers());
}

function runtimesOf(config: Config): ModelRuntimes {
  const limits = {
    queueMax: config.TOUCHSTONE_INFERENCE_QUEUE_MAX,
    timeoutMs: config.TOUCHSTONE_INFERENCE_TIMEOUT_MS,
  };
  const workers = config.TOUCHSTONE_INFERENCE_WORKERS ?? defaultWorkers();
  return new ModelRuntimes(new OnnxPool({ workers, ...limits }), new Sandbox(limits), new IntegerRunner());
}
