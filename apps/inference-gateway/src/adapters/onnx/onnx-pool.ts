import { AppError, type CanonicalTensor } from '@touchstone/contracts';
import { fromRaw, rawContents } from '@touchstone/evidence';
import { endianness } from 'node:os';
import type { ModelRun, ModelRunner } from '../../domain/inference/model-runner.js';
import type { ModelDatatype } from '../../domain/model/manifest.js';
import type { Model } from '../../domain/model/model.js';
import { datatypeOf, onnxTypeOf } from './onnx-types.js';
import { OnnxWorker } from './onnx-worker.js';
import type { RuntimeWorker } from './runtime-worker.js';
import type { ModelDescription, WorkerTensor } from './worker-messages.js';

/** Runs that may wait for a worker; at a few milliseconds each, more would wait longer than their callers do. */
export const INFERENCE_QUEUE_MAX = 1_024;

/** Milliseconds that one run may take, loading included. */
export const INFERENCE_TIMEOUT_DEFAULT_MS = 10_000;

/** The script lies beside src and dist, so that one path finds it from both. */
const WORKER_SCRIPT = new URL('../../../worker/onnx-worker.mjs', import.meta.url);

/** What an {@link OnnxPool} takes. */
export interface OnnxPoolOptions {
  readonly workers: number;
  readonly queueMax?: number;
  readonly timeoutMs?: number;
  readonly script?: URL;
  /** Starts one worker; a thread of this process when left out. */
  readonly start?: () => RuntimeWorker;
}

/** What the runtime needs of a model. */
export type Loadable = Pick<Model, 'modelVersionId' | 'read'>;

/**
 * Runs ONNX models in worker threads, one run at a time in each. Workers start when they are needed, keep a session
 * for each model, and are replaced when a run does not come back. The queue is bounded.
 */
export class OnnxPool implements ModelRunner {
  private readonly idle: RuntimeWorker[] = [];
  private readonly busy = new Set<RuntimeWorker>();
  private readonly waiting: { start: (worker: RuntimeWorker) => void; refuse: (error: AppError) => void }[] =
    [];
  private readonly queueMax: number;
  private readonly timeoutMs: number;
  private closed = false;

  constructor(private readonly options: OnnxPoolOptions) {
    if (endianness() !== 'LE')
      throw new Error('Canonical tensors are little-endian and so must the machine be.');
    this.queueMax = options.queueMax ?? INFERENCE_QUEUE_MAX;
    this.timeoutMs = options.timeoutMs ?? INFERENCE_TIMEOUT_DEFAULT_MS;
  }

  /** Runs that wait for a worker. */
  get queued(): number {
    return this.waiting.length;
  }

  /** Loads a file and answers what it declares. @throws AppError `inference-failed` for a file that cannot be loaded */
  describe(model: Loadable): Promise<ModelDescription> {
    return this.withWorker((worker) => this.load(worker, model));
  }

  async run(model: Loadable, inputs: readonly CanonicalTensor[]): Promise<ModelRun> {
    const feeds = inputs.map(toFeed);
    return this.withWorker(async (worker) => {
      if (!worker.loaded.has(model.modelVersionId)) await this.load(worker, model);
      const answer = await worker.ask({ kind: 'run', key: model.modelVersionId, feeds }, this.timeoutMs);
      if (!('outputs' in answer)) throw new AppError('inference-failed', 'The worker gave no outputs.');
      return { outputs: answer.outputs.map(toCanonical), milliseconds: answer.milliseconds };
    });
  }

  /** Ends all workers and waits for their threads; runs that wait are refused. */
  async close(): Promise<void> {
    this.closed = true;
    const error = new AppError('dependency-unavailable', 'The service is shutting down.');
    for (const { refuse } of this.waiting.splice(0)) refuse(error);
    const workers = [...this.idle.splice(0), ...this.busy];
    for (const worker of workers) worker.end(error);
    await Promise.all(workers.map((worker) => worker.stopped()));
  }

  private async load(worker: RuntimeWorker, model: Loadable): Promise<ModelDescription> {
    const { modelVersionId: key } = model;
    const bytes = await model.read();
    const answer = await worker.ask({ kind: 'load', key, bytes }, this.timeoutMs);
    if (!('description' in answer)) throw new AppError('inference-failed', 'The worker gave no description.');
    worker.loaded.add(key);
    return answer.description;
  }

  private async withWorker<T>(work: (worker: RuntimeWorker) => Promise<T>): Promise<T> {
    const worker = await this.acquire();
    try {
      return await work(worker);
    } finally {
      this.release(worker);
    }
  }

  private acquire(): RuntimeWorker | Promise<RuntimeWorker> {
    if (this.closed) throw new AppError('dependency-unavailable', 'The service is shutting down.');
    const worker = this.takeIdle();
    if (worker) return worker;
    if (this.waiting.length >= this.queueMax) {
      throw new AppError('queue-full', `${this.queueMax} runs wait already; try again in a second.`, {
        retryAfterSeconds: 1,
      });
    }
    return new Promise((start, refuse) => this.waiting.push({ start, refuse }));
  }

  /** A worker that lives, or a new one while there are fewer than the pool may have. */
  private takeIdle(): RuntimeWorker | undefined {
    let worker = this.idle.pop();
    while (worker?.ended) worker = this.idle.pop();
    if (!worker && this.busy.size < this.options.workers) {
      worker = this.options.start?.() ?? new OnnxWorker(this.options.script ?? WORKER_SCRIPT);
    }
    if (worker) this.busy.add(worker);
    return worker;
  }

  private release(worker: RuntimeWorker): void {
    this.busy.delete(worker);
    if (!worker.ended) this.idle.push(worker);
    const next = this.waiting.length > 0 ? this.takeIdle() : undefined;
    if (next) this.waiting.shift()?.start(next);
  }
}

function toFeed(tensor: CanonicalTensor): WorkerTensor {
  const raw = rawContents(tensor);
  if (!raw.ok) throw new AppError('inference-failed', `The input ${tensor.name}: ${raw.error.detail}.`);
  // Copied into a buffer of its own: the buffer changes hands and must begin at an aligned address.
  const data = new ArrayBuffer(raw.value.length);
  new Uint8Array(data).set(raw.value);
  return { name: tensor.name, type: onnxTypeOf(tensor.datatype as ModelDatatype), dims: tensor.shape, data };
}

function toCanonical({ name, type, dims, data }: WorkerTensor): CanonicalTensor {
  const datatype = datatypeOf(type);
  if (!datatype)
    throw new AppError('inference-failed', `The output ${name} has the type ${type}, which is not known.`);
  return fromRaw(name, datatype, dims, new Uint8Array(data));
}
