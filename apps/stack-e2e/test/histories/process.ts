/**
 * One life of a service. Every call that it makes to a part is two steps, before and after; at the step that its fuse
 * names it stops, and either goes on when it is woken, as a process that was paused, or never, as one that was killed.
 */
export class Process {
  private waiting: (() => void)[] = [];
  private left = Number.POSITIVE_INFINITY;
  /** It was paused: what it has still to say may be out of date. */
  isWoken = false;

  /** Stops at the step after so many. */
  stopAfter(steps: number): void {
    this.left = steps;
  }

  get isStopped(): boolean {
    return this.waiting.length > 0;
  }

  /** Goes on where it stopped. */
  wake(): void {
    this.left = Number.POSITIVE_INFINITY;
    this.isWoken = true;
    for (const resume of this.waiting.splice(0)) resume();
  }

  async step(): Promise<void> {
    this.left -= 1;
    if (this.left < 0) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** A part as this process calls it. */
  calling<T extends object>(part: T): T {
    const wrapped = new Map<PropertyKey, unknown>();
    return new Proxy(part, {
      get: (target, name) => {
        const member = Reflect.get(target, name) as unknown;
        if (typeof member !== 'function') return member;
        const known = wrapped.get(name);
        if (known !== undefined) return known;
        const call = async (...args: unknown[]): Promise<unknown> => {
          await this.step();
          const result: unknown = await (member as (...all: unknown[]) => unknown).apply(target, args);
          await this.step();
          return result;
        };
        wrapped.set(name, call);
        return call;
      },
    });
  }
}
