/** Counts what holds; what does not is printed, and fails the process at its end. */
export class Claims {
  held = 0;
  broken = 0;

  /** @param topic begins each line */
  constructor(topic) {
    this.topic = topic;
  }

  check = (claim, holds) => {
    if (holds) this.held += 1;
    else {
      this.broken += 1;
      process.stderr.write(`${this.topic}: ✗ ${claim}\n`);
    }
  };

  finish() {
    process.stderr.write(`${this.topic}: ${this.held} claims hold, ${this.broken} do not\n`);
    if (this.broken > 0) process.exitCode = 1;
  }
}
