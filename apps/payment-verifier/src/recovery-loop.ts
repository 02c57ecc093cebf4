import type { Logger } from '@touchstone/platform';

/** Runs one job again and again with pauses; a run that fails is logged and the next one comes. */
export class RecoveryLoop {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly job: () => Promise<unknown>,
    private readonly intervalMs: number,
    private readonly logger: Logger,
  ) {}

  /** Starts with a run at once: what a crash left open should not wait. */
  start(): void {
    this.running = this.run();
  }

  /** Ends after the run that is under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private async run(): Promise<void> {
    try {
      await this.job();
    } catch (error) {
      this.logger.warn({ err: error }, 'open payments could not be looked at');
    }
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.run();
    }, this.intervalMs);
  }
}
