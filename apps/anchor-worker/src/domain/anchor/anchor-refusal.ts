import { AppError } from '@touchstone/contracts';

/**
 * The chain or the authority answered and refuses an anchor, or gave one that fails a check. It counts as a failed anchor, durably; no
 * answer at all is none.
 */
export class AnchorRefusal extends AppError {
  constructor(
    network: string,
    readonly reason: string,
    /** What it cost all the same, in the unit of the target. */
    readonly cost = 0n,
  ) {
    super('dependency-unavailable', `${network} refuses an anchor: ${reason}`);
  }
}
