import { AppError, shortText, type CanonicalTensor, type ModelDatatype } from '@touchstone/contracts';
import { fromRaw } from '@touchstone/evidence';
import { withSpan } from '@touchstone/platform/observability';
import { endianness } from 'node:os';
import {
  INFERENCE_QUEUE_MAX,
  INFERENCE_TIMEOUT_DEFAULT_MS,
  type ModelRun,
  type ModelRunner,
} from '../../domain/inference/model-runner.js';
import type { Model } from '../../domain/model/model.js';
import { contentsOf } from '../../domain/request/raw-contents.js';
import { withUndeclaredRanks } from './declared-ranks.js';
import { readStructure } from './read-structure.js';
import { datatypeOf, onnxTypeOf } from './onnx-types.js';
import { OnnxWorker } from './onnx-worker.js';
import { RUN_TIMES_MAX, RunGroup, SHORT_RUN_MS } from './run-group.js';
import type { RuntimeWorker } from './runtime-worker.js';
import {
  RUNTIME_MESSAGE_CHARACTERS_MAX,
  type ModelDescription,
  type RunAnswer,
  type WorkerTensor,
} from './worker-messages.js';

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
export type Loadable = Pick<Model, 'modelVersionId' | 'sizeBytes' | 'withFile'>;

/** Bytes of a file for which a run that has to load it gets another second. */
export const LOADED_BYTES_PER_SECOND = 16_777_216;

/** Milliseconds that loading a file may take besides the time of a run: large ones come from a database and a disk. */
export function loadAllowanceMs(sizeBytes: number): number {
  return Math.floor(sizeBytes / LOADED_BYTES_PER_SECOND) * 1_000;
}

/**
 * Runs ONNX models in worker threads, one run at a time in each. Workers start when they are needed, keep a session
 * for each model, and are replaced when a run does not come back. The queue is bounded.
 *
 * Runs of a model that takes less than {@link SHORT_RUN_MS} share a message while they wait, because waking a thread
 * costs more than such a run. When a group does not come back, each of its runs is tried once more alone, so that
 * nobody fails for the input of somebody else.
 */
export class OnnxPool implements ModelRunner {
  private readonly idle: RuntimeWorker[] = [];
  private readonly busy = new Set<RuntimeWorker>();
  private readonly waiting: { start: (worker: RuntimeWorker) => void; refuse: (error: AppError) => void }[] =
    [];
  /** Groups that no worker has taken yet. */
  private readonly groups = new Set<RunGroup>();
  /** The group of each model version that takes more runs. */
  private readonly latest = new Map<string, RunGroup>();
  private readonly lastRunMs = new Map<string, number>();
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
    return [...this.groups].reduce((sum, group) => sum + group.joined, this.waiting.length);
  }

  /** Loads a file and answers what it declares. @throws AppError `inference-failed` for a file that cannot be loaded */
  async describe(model: Loadable): Promise<ModelDescription> {
    return model.withFile(async (path) => {
      const described = await this.withWorker((worker) => this.load(worker, model, path, performance.now()));
      return withUndeclaredRanks((await readStructure(path)).bytes, described);
    });
  }

  run(model: Loadable, inputs: readonly CanonicalTensor[]): Promise<ModelRun> {
    return withSpan('onnx run', { 'touchstone.model': model.modelVersionId }, () =>
      this.runInWorker(model, inputs),
    );
  }

  private async runInWorker(model: Loadable, inputs: readonly CanonicalTensor[]): Promise<ModelRun> {
    const feeds = inputs.map(toFeed);
    const group = this.groupFor(model);
    let place = group.runs.push(feeds) - 1;
    let answers: readonly RunAnswer[];
    try {
      answers = await group.answers;
    } catch (error) {
      if (group.runs.length === 1 || this.closed) throw error;
      const alone = new RunGroup();
      alone.runs.push(inputs.map(toFeed));
      [answers, place] = [await this.runAll(model, alone), 0];
    }
    const answer = answers[place];
    if (answer === undefined) throw new AppError('inference-failed', 'The worker gave no outputs.');
    if (!answer.ok)
      throw new AppError(
        'inference-failed',
        `The runtime refused: ${shortText(answer.message, RUNTIME_MESSAGE_CHARACTERS_MAX)}`,
      );
    this.remember(model.modelVersionId, answer.milliseconds);
    return { outputs: answer.outputs.map(toCanonical), milliseconds: answer.milliseconds };
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

  /** The group that waits for a worker already if its runs are short, else a new one. */
  private groupFor(model: Loadable): RunGroup {
    const key = model.modelVersionId;
    const waiting = this.latest.get(key);
    if (waiting?.open && (this.lastRunMs.get(key) ?? Infinity) < SHORT_RUN_MS) {
      this.requireRoom();
      return waiting;
    }
    const group = new RunGroup();
    this.groups.add(group);
    this.latest.set(key, group);
    group.answers = this.runAll(model, group).finally(() => this.forget(key, group));
    return group;
  }

  private runAll(model: Loadable, group: RunGroup): Promise<readonly RunAnswer[]> {
    return this.withWorker(async (worker) => {
      const key = model.modelVersionId;
      let startedMs = performance.now();
      if (!worker.loaded.has(key)) {
        await model.withFile((path) => this.load(worker, model, path, startedMs));
        startedMs += loadAllowanceMs(model.sizeBytes);
      }
      group.take();
      this.groups.delete(group);
      const answer = await worker.ask({ kind: 'run', key, runs: group.runs }, this.timeoutMs, startedMs);
      if (!('runs' in answer)) throw new AppError('inference-failed', 'The worker gave no outputs.');
      return answer.runs;
    });
  }

  private forget(key: string, group: RunGroup): void {
    this.groups.delete(group);
    if (this.latest.get(key) === group) this.latest.delete(key);
  }

  /** Models come and go while the service runs, so the oldest times are dropped. */
  private remember(key: string, milliseconds: number): void {
    this.lastRunMs.delete(key);
    this.lastRunMs.set(key, milliseconds);
    const [oldest] = this.lastRunMs.keys();
    if (this.lastRunMs.size > RUN_TIMES_MAX && oldest !== undefined) this.lastRunMs.delete(oldest);
  }

  private async load(
    worker: RuntimeWorker,
    { modelVersionId: key, sizeBytes }: Loadable,
    path: string,
    startedMs: number,
  ): Promise<ModelDescription> {
    const timeoutMs = this.timeoutMs + loadAllowanceMs(sizeBytes);
    const answer = await worker.ask({ kind: 'load', key, path }, timeoutMs, startedMs);
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
    this.requireRoom();
    return new Promise((start, refuse) => this.waiting.push({ start, refuse }));
  }

  private requireRoom(): void {
    if (this.queued < this.queueMax) return;
    throw new AppError('queue-full', `${this.queueMax} runs wait already; try again in a second.`, {
      retryAfterSeconds: 1,
    });
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
  const raw = contentsOf(tensor);
  // Copied into a buffer of its own: the buffer changes hands and must begin at an aligned address.
  const data = new ArrayBuffer(raw.length);
  new Uint8Array(data).set(raw);
  return { name: tensor.name, type: onnxTypeOf(tensor.datatype as ModelDatatype), dims: tensor.shape, data };
}

function toCanonical({ name, type, dims, data }: WorkerTensor): CanonicalTensor {
  const datatype = datatypeOf(type);
  if (!datatype)
    throw new AppError('inference-failed', `The output ${name} has the type ${type}, which is not known.`);
  return fromRaw(name, datatype, dims, new Uint8Array(data));
}
