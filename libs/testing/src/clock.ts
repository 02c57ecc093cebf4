/** A clock that stands still until a test moves it; it is the `Clock` of the platform library. */
export class FakeClock {
  #nowMs: number;

  constructor(start: Date | number | string = '2026-01-02T03:04:05.678Z') {
    this.#nowMs = new Date(start).getTime();
  }

  nowMs(): number {
    return this.#nowMs;
  }

  advance(milliseconds: number): void {
    this.#nowMs += milliseconds;
  }

  set(time: Date | number | string): void {
    this.#nowMs = new Date(time).getTime();
  }
}
