import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../logging/logger.js';
import { token } from '../service/provide.js';

/**
 * The order of a shutdown. Readiness turns red; nothing new comes in, what is running ends, its events leave, then the
 * connections that they needed close. Between the first and the others lies the drain delay, in which all works as
 * always: an answer may need what another part, or another service that drains, still does.
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
export const SHUTDOWN = token<Shutdown>('Shutdown');

/** Ends a process in order and inside one budget. Steps of a phase run at the same time. */
export class Shutdown {
  private readonly steps = new Map<ShutdownPhase, { name: string; step: ShutdownStep }[]>();
  private running: Promise<boolean> | undefined;
  private drainMs = 0;
  private draining = false;
  private readonly drained = new AbortController();

  constructor(
    private readonly logger: Logger,
    private readonly budgetMs: number,
  ) {}

  /**
   * Sets for how many milliseconds a shutdown that may wait goes on as before once readiness is red, so that load
   * balancers see it before connections are refused. It comes before the budget and is 0 until somebody sends traffic.
   */
  drainFor(drainMs: number): void {
    this.drainMs = drainMs;
  }

  /** Ends the delay of a shutdown that is in it. @returns whether there was one to end */
  endDrain(): boolean {
    if (!this.draining) return false;
    this.drained.abort();
    return true;
  }

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
   * @param options.drain waits for {@link drainFor} between the phase `readiness` and the others
   * @returns whether every step ended well inside the budget
   */
  run(reason: string, { drain = false }: { readonly drain?: boolean } = {}): Promise<boolean> {
    this.running ??= this.runPhases(reason, drain ? this.drainMs : 0);
    return this.running;
  }

  private async runPhases(reason: string, drainMs: number): Promise<boolean> {
    const { budgetMs } = this;
    this.logger.info({ reason, drainMs, budgetMs }, 'shutting down');
    const first = await this.runWithin(budgetMs, shutdownPhases.slice(0, 1));
    await this.drain(drainMs);
    const rest = await this.runWithin(budgetMs, shutdownPhases.slice(1));
    const clean = first && rest;
    this.logger.info({ clean }, 'shut down');
    return clean;
  }

  private async drain(drainMs: number): Promise<void> {
    if (drainMs === 0) return;
    this.draining = true;
    const { signal } = this.drained;
    await delay(drainMs, undefined, { signal }).catch(() => undefined);
    this.draining = false;
    this.logger.info({ cut: signal.aborted }, 'drained');
  }

  private async runWithin(budgetMs: number, phases: readonly ShutdownPhase[]): Promise<boolean> {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), budgetMs);
    // One promise for all steps, so that each does not add a listener of its own to the signal.
    const spent = new Promise<void>((resolve) => {
      abort.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    let clean = true;
    for (const phase of phases) {
      const steps = this.steps.get(phase) ?? [];
      const ended = await Promise.all(steps.map((step) => this.runStep(phase, step, abort.signal, spent)));
      clean = clean && ended.every(Boolean);
    }
    clearTimeout(timer);
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
