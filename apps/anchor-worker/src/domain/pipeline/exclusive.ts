/**
 * Runs work in at most one process at a time, as far as that can be known: whoever dies loses its turn. It saves
 * double work only; what must not happen twice is decided by rows in the database.
 */
export interface Exclusive {
  /** @returns the result, or `undefined` when another process has its turn */
  run<T>(stage: string, work: () => Promise<T>): Promise<T | undefined>;
}
