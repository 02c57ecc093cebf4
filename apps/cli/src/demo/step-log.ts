import { CommandError, exitCodes } from '../exit-codes.js';
import { bold, dim, green, red } from '../terminal/style.js';

/** Prints numbered steps with their time, and remembers what did not hold. */
export class StepLog {
  private readonly startedAt = performance.now();
  private readonly broken: string[] = [];
  private count = 0;

  /** Runs one step and prints its title and time. */
  async step<T>(title: string, work: () => Promise<T>): Promise<T> {
    this.count += 1;
    this.print(`\n${bold(`${this.count}. ${title}`)}`);
    const startedAt = performance.now();
    const value = await work();
    this.print(dim(`   ${seconds(performance.now() - startedAt)}`));
    return value;
  }

  print(text: string): void {
    process.stdout.write(`${text}\n`);
  }

  /** Prints whether something held; the run ends with 0 only when everything did. */
  check(claim: string, holds: boolean): void {
    this.print(`   ${holds ? green('holds') : red('BROKEN')}  ${claim}`);
    if (!holds) this.broken.push(claim);
  }

  /** @throws CommandError `invalid` that names what did not hold */
  finish(): void {
    this.print(`\n${seconds(performance.now() - this.startedAt)} in all.`);
    if (this.broken.length > 0) {
      throw new CommandError(exitCodes.invalid, `The demonstration failed: ${this.broken.join('; ')}.`);
    }
  }
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
