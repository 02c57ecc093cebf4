import type { Logger } from '../logging/logger.js';

/**
 * The order of a shutdown. Nothing new comes in, what is running ends, its events leave, then the connections that
 * they needed close.
 */
export const shutdownPhases = [
  'readiness',
  'consumers',
  'in-flight',
  'outbox',
  'nats',
  'servers',
  'database',
  'last',
] as const;
export type ShutdownPhase = (typeof shutdownPhases)[number];

/** Ends one part. `signal` aborts when the budget is spent. */
export type ShutdownStep = (signal: AbortSignal) => Promise<void> | void;

/** Injection token of the {@link Shutdown}. */
export const SHUTDOWN = Symbol('Shutdown');

/** Ends a process in order and inside one budget. Steps of a phase run at the same time. */
export class Shutdown {
  private readonly steps = new Map<ShutdownPhase, { name: string; step: ShutdownStep }[]>();
  private running: Promise<boolean> | undefined;

  constructor(
    private readonly logger: Logger,
    private readonly budgetMs: number,
  ) {}

  /** True from the moment that the shutdown began. */
  get started(): boolean {
    return this.running !== undefined;
  }

  /** Adds a step to a phase; `name` appears in the logs when it fails or takes too long. */
  add(phase: ShutdownPhase, name: string, step: ShutdownStep): void {
    const steps = this.steps.get(phase) ?? [];
    steps.push({ name, step });
    this.steps.set(phase, steps);
  }

  /**
   * Runs all phases once; later calls join the first. A failing step is logged and does not stop the others.
   *
   * @returns whether every step ended well inside the budget
   */
  run(reason: string): Promise<boolean> {
    this.running ??= this.runPhases(reason);
    return this.running;
  }

  private async runPhases(reason: string): Promise<boolean> {
    this.logger.info({ reason, budgetMs: this.budgetMs }, 'shutting down');
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), this.budgetMs);
    // One promise for all steps, so that each does not add a listener of its own to the signal.
    const spent = new Promise<void>((resolve) => {
      abort.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    let clean = true;
    for (const phase of shutdownPhases) {
      const steps = this.steps.get(phase) ?? [];
      const ended = await Promise.all(steps.map((step) => this.runStep(phase, step, abort.signal, spent)));
      clean = clean && ended.every(Boolean);
    }
    clearTimeout(timer);
    this.logger.info({ clean }, 'shut down');
    return clean;
  }

  private async runStep(
    phase: ShutdownPhase,
    { name, step }: { name: string; step: ShutdownStep },
    signal: AbortSignal,
    spent: Promise<void>,
  ): Promise<boolean> {
    try {
      // A step gets its turn even after the budget is spent: most of them close something at once when aborted.
      const work = Promise.resolve().then(() => step(signal));
      await Promise.race([work, spent.then(failAfterGrace)]);
      return true;
    } catch (error) {
      this.logger.error({ phase, step: name, err: error }, 'a shutdown step failed');
      return false;
    }
  }
}

/** Milliseconds that a step keeps after the budget is spent. */
const GRACE_MS = 50;

function failAfterGrace(): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error('the shutdown budget is spent')), GRACE_MS).unref();
  });
}
