import type { Payment } from './payment.js';
import type { ReservationStore } from './ports.js';

/**
 * Payments of one contract wallet in a minute. Its code runs in each settlement and the relayer pays for it, up to
 * 400,000 gas each, whatever the answer was worth.
 */
export const CONTRACT_PAYMENTS_PER_MINUTE_MAX = 30;

const WINDOW_MS = 60_000;

/**
 * Counts the payments of contract wallets, each nonce once. Wallets of which nothing came for a minute are forgotten;
 * how many there can be meanwhile is bounded by the questions that their signatures need.
 */
export class ContractPayments {
  /** By payer, that of the newest payment last: when each nonce came. */
  private readonly recent = new Map<string, Map<string, number>>();

  constructor(
    private readonly store: Pick<ReservationStore, 'findByKey'>,
    private readonly perMinute: number,
  ) {}

  /** Counts a payment. Milliseconds until it may come again when it is one too many; 0 when it is not. */
  async admit(payment: Payment, nowMs: number): Promise<number> {
    const { payer, nonce } = payment;
    this.forget(nowMs);
    if (this.recent.get(payer)?.has(nonce)) return 0;
    // Whoever collects what he paid for makes no second settlement.
    if ((await this.store.findByKey(payment))?.verified === true) return 0;
    const times = this.recent.get(payer) ?? new Map<string, number>();
    for (const [known, atMs] of times) if (nowMs - atMs >= WINDOW_MS) times.delete(known);
    if (times.size >= this.perMinute && !times.has(nonce)) {
      const [oldestMs = nowMs] = times.values();
      return Math.max(1, oldestMs + WINDOW_MS - nowMs);
    }
    times.set(nonce, nowMs);
    this.recent.delete(payer);
    this.recent.set(payer, times);
    return 0;
  }

  private forget(nowMs: number): void {
    for (const [payer, times] of this.recent) {
      const newestMs = [...times.values()].at(-1) ?? 0;
      if (nowMs - newestMs < WINDOW_MS) return;
      this.recent.delete(payer);
    }
  }
}
