import type { Load } from '../callers/load.js';
import type { Random } from '../random.js';
import type { FaultyStack } from '../stack/faulty-stack.js';

/** What a fault works with. */
export interface FaultContext {
  readonly stack: FaultyStack;
  /** The inferences that run meanwhile. */
  readonly load: Load;
  readonly random: Random;
  /** How often the fault is repeated. */
  readonly rounds: number;
}

/** One kind of fault. */
export interface Fault {
  readonly name: string;
  /** One line for the table and the documentation. */
  readonly title: string;
  /** Its share of the inferences, relative to the others. */
  readonly weight: number;
  /**
   * Makes the fault happen while the load runs and puts everything right again.
   *
   * @returns what happened
   * @throws Error when the fault did not take hold: a run in which nothing failed proves nothing
   */
  run(context: FaultContext): Promise<string>;
}
