/** A flag that one loop waits for and anybody may raise; raised twice it wakes once. */
export class WakeSignal {
  private raised = false;
  private resolve: (() => void) | undefined;

  raise(): void {
    this.raised = true;
    this.resolve?.();
  }

  /** Forgets what was raised before; the loop calls it before it looks, so that nothing is missed after the look. */
  lower(): void {
    this.raised = false;
  }

  /** Resolves when raised or after `timeoutMs`. With `ignoreRaised` only a raise from now on counts. */
  async wait(timeoutMs: number, options: { ignoreRaised?: boolean } = {}): Promise<void> {
    if (this.raised && options.ignoreRaised !== true) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.resolve = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.resolve = undefined;
  }
}
