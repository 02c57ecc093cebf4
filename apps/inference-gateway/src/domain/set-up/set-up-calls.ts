import type { AnnounceSetUp } from './announce-set-up.js';
import type { FinishSetUps } from './finish-set-ups.js';
import type { TakeContribution } from './take-contribution.js';

/** What is done with set-ups where there are a prover and powers of tau. */
export interface SetUpCalls {
  readonly announce: AnnounceSetUp;
  readonly contribute: TakeContribution;
  readonly finish: FinishSetUps;
}
