import { singleFlight } from '@touchstone/work';
import type { EvidenceStore } from './evidence-store.js';

/** Milliseconds for which what is known about networks serves all readers. */
export const ANCHORED_SIZES_FRESH_MS = 1_000;

/** Milliseconds that readers of what is in memory wait for a database that hangs, at most once in the time above. */
export const ANCHORED_SIZES_WAIT_MS = 250;

/** Tells what memory holds from what an anchor has made better since. */
export class AnchoredSizes {
  private sizes: ReadonlyMap<string, bigint> = new Map();
  private checkedAtMs = -Infinity;
  private readonly read = singleFlight(async () => {
    this.sizes = await this.store.anchoredSizes();
  });

  constructor(
    private readonly store: Pick<EvidenceStore, 'anchoredSizes'>,
    private readonly nowMs: () => number,
  ) {}

  /**
   * Whether some network anchors a place of the log and is not among those given. An answer may be as old as
   * {@link ANCHORED_SIZES_FRESH_MS}, and older while the database does not answer: a bundle with fewer anchors is still true.
   */
  async hasMore(logIndex: bigint, networks: ReadonlySet<string>): Promise<boolean> {
    const ageMs = this.nowMs() - this.checkedAtMs;
    if (ageMs < 0 || ageMs >= ANCHORED_SIZES_FRESH_MS) await this.check();
    return [...this.sizes].some(([network, size]) => size > logIndex && !networks.has(network));
  }

  private async check(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const waited = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ANCHORED_SIZES_WAIT_MS);
    });
    await Promise.race([this.read().catch(() => undefined), waited]);
    clearTimeout(timer);
    this.checkedAtMs = this.nowMs();
  }
}
