import { singleFlight } from '@touchstone/work';
import type { Arrivals, EvidenceStore } from './evidence-store.js';

/** Milliseconds for which what is known about arrivals serves all readers. */
export const ARRIVALS_FRESH_MS = 1_000;

/** Milliseconds that readers of what is in memory wait for a database that hangs, at most once in the time above. */
export const ARRIVALS_WAIT_MS = 250;

/** What a bundle in memory is made of, as far as it can become better. */
export interface KeptParts {
  readonly logIndex: bigint;
  /** Those whose final anchors it carries. */
  readonly networks: ReadonlySet<string>;
  /** Proofs of executions that were known before it was located; `undefined` where none can make it better. */
  readonly proofs: bigint | undefined;
}

/** Tells what memory holds from what an anchor or a proof may have made better since. */
export class KnownArrivals {
  private known: Arrivals = { anchored: new Map(), proofs: -1n };
  private checkedAtMs = -Infinity;
  private readonly read = singleFlight(async () => {
    this.known = await this.store.arrivals();
  });

  constructor(
    private readonly store: Pick<EvidenceStore, 'arrivals'>,
    private readonly nowMs: () => number,
  ) {}

  /** Proofs that are known of. Read before a bundle is located, so that none falls between the two. */
  get proofs(): bigint {
    return this.known.proofs;
  }

  /**
   * Whether some network anchors a place of the log and is not among those given, or a proof has come that may be about it. An
   * answer may be as old as {@link ARRIVALS_FRESH_MS}, and older while the database does not answer: a bundle with fewer parts is
   * still true.
   */
  async hasMore({ logIndex, networks, proofs }: KeptParts): Promise<boolean> {
    const ageMs = this.nowMs() - this.checkedAtMs;
    if (ageMs < 0 || ageMs >= ARRIVALS_FRESH_MS) await this.check();
    if (proofs !== undefined && this.known.proofs > proofs) return true;
    return [...this.known.anchored].some(([network, size]) => size > logIndex && !networks.has(network));
  }

  private async check(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const waited = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ARRIVALS_WAIT_MS);
    });
    await Promise.race([this.read().catch(() => undefined), waited]);
    clearTimeout(timer);
    this.checkedAtMs = this.nowMs();
  }
}
