import type { ProverName } from './groth16-prover.js';
import { ProverError, type ProverFailure } from './prover-error.js';
import type { TimeBudget } from './time-budget.js';

/** What may be the fault of one prover alone. */
const OF_ONE_PROVER: readonly ProverFailure[] = ['prover-failed', 'proof-invalid', 'deadline'];

/** The time that a prover has of what is left, when there is another one after it. */
const SHARE_WITH_ANOTHER = 0.5;

/** Who did it, and what went wrong with the one before. */
export interface DoneBy<Result> {
  readonly result: Result;
  readonly prover: ProverName;
  readonly fellBack?: string;
}

/**
 * Lets the provers try in their order until one is done. A prover that crashes, writes rubbish or takes too long is followed by the
 * next; what is wrong with the request is thrown at once, and so is the failure of the last one.
 */
export async function firstThatWorks<Prover extends { readonly name: ProverName }, Result>(
  provers: readonly [Prover, ...Prover[]],
  budget: TimeBudget,
  work: (prover: Prover, budget: TimeBudget) => Promise<Result>,
): Promise<DoneBy<Result>> {
  const [prover, next, ...later] = provers;
  budget.require();
  if (next === undefined) return { result: await work(prover, budget), prover: prover.name };
  try {
    return { result: await work(prover, budget.share(SHARE_WITH_ANOTHER)), prover: prover.name };
  } catch (error) {
    if (!(error instanceof ProverError) || !OF_ONE_PROVER.includes(error.code)) throw error;
    const done = await firstThatWorks([next, ...later], budget, work);
    return { ...done, fellBack: `${prover.name}: ${error.code}: ${error.message}` };
  }
}
