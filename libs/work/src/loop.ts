/** Milliseconds before a loop that failed once runs again; doubles with each failure in a row. */
export const LOOP_BACKOFF_FIRST_MS = 100;
/** The longest pause of a loop that fails again and again. */
export const LOOP_BACKOFF_MAX_MS = 5_000;

/** How a loop runs. */
export interface LoopOptions {
  /** Does what is to do; resolves with the milliseconds after which there is more, `undefined` for nothing known. */
  readonly run: () => Promise<number | undefined | void>;
  /** Milliseconds after which it looks although nobody poked it. */
  readonly pollMs: number;
  readonly onFailure: (error: unknown, pauseMs: number) => void;
  readonly backoffFirstMs?: number;
  readonly backoffMaxMs?: number;
  /** A number from 0 to 1 that spreads the pauses of replicas. */
  readonly random?: () => number;
}

/**
 * Runs one job over and over: at once when poked, at the time the job asked for, at the latest
 * after the poll interval, and with growing pauses while it fails. Runs never overlap.
 */
export class Loop {
  private running: Promise<void> | undefined;
  private stopping = false;
  private poked = false;
  private wake: (() => void) | undefined;

  constructor(private readonly options: LoopOptions) {}

  start(): void {
    this.running ??= this.loop();
  }

  /** There is something to do now. During a pause after a failure it has to wait for its end. */
  poke(): void {
    this.poked = true;
    this.wake?.();
  }

  /** Ends after the run that is going on. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.wake?.();
    await this.running;
  }

  private async loop(): Promise<void> {
    const { run, pollMs, onFailure } = this.options;
    let failures = 0;
    while (!this.stopping) {
      this.poked = false;
      try {
        const waitMs = Math.min((await run()) ?? pollMs, pollMs);
        failures = 0;
        await this.sleep(waitMs, true);
      } catch (error) {
        const pauseMs = this.pauseMs(failures);
        failures += 1;
        onFailure(error, pauseMs);
        await this.sleep(pauseMs, false);
      }
    }
  }

  /** Half of the pause is fixed and half is random, so that replicas do not come back together. */
  private pauseMs(failures: number): number {
    const { backoffFirstMs = LOOP_BACKOFF_FIRST_MS, backoffMaxMs = LOOP_BACKOFF_MAX_MS } = this.options;
    const longest = Math.min(backoffFirstMs * 2 ** Math.min(failures, 30), backoffMaxMs);
    return longest / 2 + ((this.options.random ?? Math.random)() * longest) / 2;
  }

  private async sleep(durationMs: number, wakeable: boolean): Promise<void> {
    if (this.stopping || (wakeable && (this.poked || durationMs <= 0))) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, durationMs);
      this.wake = () => {
        if (!wakeable && !this.stopping) return;
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = undefined;
  }
}
