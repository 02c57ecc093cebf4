import { AppError, type CanonicalTensor } from '@touchstone/contracts';
import { INFERENCE_QUEUE_MAX, type ModelRun, type ModelRunner } from '../../domain/inference/model-runner.js';
import { OnnxPool, type Loadable } from '../onnx/onnx-pool.js';
import { SANDBOX_FILE_COPIES_MAX, SANDBOX_MEMORY_MAX_BYTES, SandboxProcess } from './sandbox-process.js';
import { Turns } from './turns.js';

/** Processes of added models that live at once; each holds one model. */
export const SANDBOX_PROCESSES_MAX = 4;

/** New models that are tried at the same time, each in a process beside those of {@link SANDBOX_PROCESSES_MAX}. */
export const INSPECTIONS_MAX = 2;

interface Slot {
  readonly pool: OnnxPool;
  running: number;
}

/** What a {@link Sandbox} takes. */
export interface SandboxOptions {
  readonly timeoutMs: number;
  readonly queueMax?: number;
  readonly processesMax?: number;
  /** Memory of a process besides its file. */
  readonly memoryBytes?: number;
  /** What its processes run; a test gives one that is not to be trusted. */
  readonly script?: string;
}

/**
 * Runs added models, each in a process of its own, so that none can read or change what another one answers. A
 * process starts with the first request and stays until another model needs its place.
 */
export class Sandbox implements ModelRunner {
  /** By modelVersionId, the one that was used longest ago first. */
  private readonly slots = new Map<string, Slot>();
  private readonly waiting: (() => void)[] = [];
  private readonly inspections = new Turns(INSPECTIONS_MAX);
  private readonly queueMax: number;
  private readonly processesMax: number;
  private closed = false;

  constructor(private readonly options: SandboxOptions) {
    this.queueMax = options.queueMax ?? INFERENCE_QUEUE_MAX;
    this.processesMax = options.processesMax ?? SANDBOX_PROCESSES_MAX;
  }

  /** Runs that wait for a process. */
  get queued(): number {
    return [...this.slots.values()].reduce((sum, { pool }) => sum + pool.queued, this.waiting.length);
  }

  async run(model: Loadable, inputs: readonly CanonicalTensor[]): Promise<ModelRun> {
    const slot = await this.acquire(model);
    try {
      return await slot.pool.run(model, inputs);
    } finally {
      slot.running -= 1;
      if (slot.running === 0) this.waiting.shift()?.();
    }
  }

  /** Milliseconds that one run may take. */
  get timeoutMs(): number {
    return this.options.timeoutMs;
  }

  /**
   * Tries a model in a new process that nothing else uses and that ends with it. At most {@link INSPECTIONS_MAX} are
   * tried at once, whoever asks, so that their memory has a bound.
   *
   * @param sizeBytes of its file
   */
  inspect<T>(sizeBytes: number, trial: (pool: OnnxPool) => Promise<T>): Promise<T> {
    return this.inspections.take(async () => {
      if (this.closed) throw new AppError('dependency-unavailable', 'The service is shutting down.');
      const pool = this.fresh(sizeBytes);
      try {
        return await trial(pool);
      } finally {
        await pool.close();
      }
    });
  }

  /** A pool of one new process that nothing else uses; a larger file gives it more memory. */
  private fresh(sizeBytes: number): OnnxPool {
    const { timeoutMs, memoryBytes = SANDBOX_MEMORY_MAX_BYTES, script } = this.options;
    const process = {
      memoryBytes: memoryBytes + SANDBOX_FILE_COPIES_MAX * sizeBytes,
      ...(script === undefined ? {} : { script }),
    };
    return new OnnxPool({
      workers: 1,
      queueMax: this.queueMax,
      timeoutMs,
      start: () => new SandboxProcess(process),
    });
  }

  /** Ends the process of a model that takes no requests any more. */
  async forget(modelVersionId: string): Promise<void> {
    const slot = this.slots.get(modelVersionId);
    this.slots.delete(modelVersionId);
    await slot?.pool.close();
  }

  /** Ends all processes. */
  async close(): Promise<void> {
    this.closed = true;
    for (const wake of this.waiting.splice(0)) wake();
    await Promise.all([...this.slots.values()].map(({ pool }) => pool.close()));
  }

  private async acquire(model: Loadable): Promise<Slot> {
    for (;;) {
      if (this.closed) throw new AppError('dependency-unavailable', 'The service is shutting down.');
      const slot = this.take(model);
      if (slot) return slot;
      if (this.waiting.length >= this.queueMax) {
        throw new AppError('queue-full', `${this.queueMax} runs wait already; try again in a second.`, {
          retryAfterSeconds: 1,
        });
      }
      await new Promise<void>((wake) => this.waiting.push(wake));
    }
  }

  /** A place for one run, counted at once, so that nobody takes it away before the run begins. */
  private take({ modelVersionId: key, sizeBytes }: Loadable): Slot | undefined {
    const known = this.slots.get(key);
    if (known) {
      this.slots.delete(key);
      this.slots.set(key, known);
      known.running += 1;
      return known;
    }
    if (this.slots.size >= this.processesMax) {
      const idle = [...this.slots].find(([, { running }]) => running === 0);
      if (!idle) return undefined;
      this.slots.delete(idle[0]);
      void idle[1].pool.close();
    }
    const slot = { pool: this.fresh(sizeBytes), running: 1 };
    this.slots.set(key, slot);
    return slot;
  }
}
