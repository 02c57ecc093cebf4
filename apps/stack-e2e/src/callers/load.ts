import { eventually, pause } from '../pause.js';
import type { CallRecord } from '../record.js';
import type { Caller } from './caller.js';
import type { Digit } from './digits.js';

const START_TIMEOUT_MS = 120_000;
const IN_FLIGHT_POLL_MS = 2;
const HELD_POLL_MS = 10;

/** Inferences of several callers at once while one fault is under way. */
export class Load {
  private started = 0;
  private share = 1;
  private flying = 0;
  private finished = false;

  constructor(
    private readonly callers: readonly Caller[],
    private readonly record: CallRecord,
    private readonly nextDigit: () => Digit,
    private readonly fault: string,
    readonly count: number,
  ) {}

  /** Resolves when every inference was acknowledged or given up. */
  async run(): Promise<void> {
    await Promise.all(
      this.callers.map(async (caller) => {
        while (this.started < this.count) {
          if (this.started >= this.share * this.count) {
            await pause(HELD_POLL_MS);
            continue;
          }
          this.started += 1;
          this.flying += 1;
          await caller.ask(this.record.begin(this.fault, this.nextDigit()));
          this.flying -= 1;
        }
      }),
    );
    this.finished = true;
  }

  get inFlight(): number {
    return this.flying;
  }

  /** Lets no more than that share of the inferences begin; without this all may. */
  allow(share: number): void {
    this.share = share;
  }

  /** Resolves when all that may begin have begun and ended, at the latest after `timeoutMs`. */
  async isCaughtUp(timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    const allowed = (): number => Math.min(this.count, Math.ceil(this.share * this.count));
    while (performance.now() < deadline && (this.started < allowed() || this.flying > 0))
      await pause(HELD_POLL_MS);
  }

  /** Resolves in the moment in which that share of the inferences has begun and at least one is in flight. */
  async hasBegun(share: number): Promise<void> {
    await eventually(
      'the load',
      START_TIMEOUT_MS,
      async () =>
        (this.started >= share * this.count && this.flying > 0) || this.finished ? true : undefined,
      IN_FLIGHT_POLL_MS,
    );
  }
}
