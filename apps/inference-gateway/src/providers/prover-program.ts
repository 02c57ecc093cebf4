import type { ProverProgram } from '@touchstone/prover-adapter';
import type { Config } from '../config.js';

/** What the prover needs of the environment: where programs and caches lie. */
const PASSED_ON = ['HOME', 'PATH', 'XDG_CACHE_HOME', 'XDG_DATA_HOME', 'TMPDIR'] as const;

/** How far the prover stands back for whoever waits for an answer; 19 is the farthest. */
const PROVER_NICENESS = 10;

/** The program that makes proofs and keys; undefined where there is none. @param deadlineMs longest time of a call */
export function proverProgram(
  { TOUCHSTONE_PROVER_PATH: command }: Config,
  deadlineMs: number,
): ProverProgram | undefined {
  if (command === undefined) return undefined;
  const environment = Object.fromEntries(
    PASSED_ON.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
  return { name: 'prover', command, environment, deadlineMs, niceness: PROVER_NICENESS };
}
