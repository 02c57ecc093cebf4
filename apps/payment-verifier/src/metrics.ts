import { Counter, Gauge, Histogram, type Registry } from '@touchstone/platform/observability';
import type { LaneEvent } from '@touchstone/evm';
import type { PaymentMetrics } from './domain/ports.js';
import { countedReasons } from './domain/reasons.js';

const ownReasons: ReadonlySet<string> = new Set(['none', 'given-back']);

/** Where two of the gauges look at the time of a scrape; a source that fails leaves the last figure. */
export interface GaugeSources {
  readonly openReservations: () => Promise<number>;
  /** Wei of the relayer's account. */
  readonly relayerWei: () => Promise<bigint>;
  /** Blocks of one question for logs that the node answers. */
  readonly logRangeBlocks: () => number;
}

/** The figures of this service. */
export class PrometheusPaymentMetrics implements PaymentMetrics {
  private readonly verifySeconds: Histogram;
  private readonly settleSeconds: Histogram;
  private readonly payments: Counter;
  private readonly replays: Counter;
  private readonly recoveryFailures: Counter;
  private readonly transactions: Counter;
  private readonly reorganisations: Counter;
  private readonly undoneSettlements: Counter;

  constructor(
    private readonly registry: Registry,
    sources: GaugeSources,
  ) {
    const registers = [registry];
    const counter = (name: string, help: string, ...labelNames: string[]): Counter =>
      new Counter({ name, help, labelNames, registers });
    this.verifySeconds = new Histogram({
      name: 'touchstone_payment_verify_seconds',
      help: 'Time of the official verification of a payment.',
      labelNames: ['outcome'],
      buckets: [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3],
      registers,
    });
    this.settleSeconds = new Histogram({
      name: 'touchstone_payment_settle_seconds',
      help: 'Time of a settlement until its answer.',
      labelNames: ['outcome'],
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30],
      registers,
    });
    this.payments = counter(
      'touchstone_payment_payments_total',
      'Payments that reached a state, with the reason.',
      'state',
      'reason',
    );
    this.replays = counter(
      'touchstone_payment_replays_blocked_total',
      'Requests whose payment was known already, by what they were told.',
      'kind',
    );
    this.recoveryFailures = counter(
      'touchstone_payment_recovery_failures_total',
      'Open payments that recovery could not look at; they are tried again.',
    );
    this.transactions = counter(
      'touchstone_payment_transactions_total',
      'What happened to settlements on the chain; `capped` waits because the fees may not rise further.',
      'event',
    );
    this.reorganisations = counter(
      'touchstone_payment_reorganised_total',
      'Settlements that the chain dropped from its blocks; each was sent again.',
    );
    this.undoneSettlements = counter(
      'touchstone_payment_undone_total',
      'Settlements that a reorganisation undid and that cannot be made again; must be 0.',
    );
    this.watch(sources);
  }

  verified(seconds: number, outcome: string): void {
    this.verifySeconds.observe({ outcome }, seconds);
  }

  settled(seconds: number, outcome: string): void {
    this.settleSeconds.observe({ outcome }, seconds);
  }

  payment(state: string, reason: string): void {
    const known = ownReasons.has(reason) || countedReasons.has(reason);
    this.payments.inc({ state, reason: known ? reason : 'other' });
  }

  replayBlocked(kind: string): void {
    this.replays.inc({ kind });
  }

  recoveryFailed(): void {
    this.recoveryFailures.inc();
  }

  transaction(event: LaneEvent['kind']): void {
    this.transactions.inc({ event });
    if (event === 'dropped') this.reorganisations.inc();
  }

  undone(): void {
    this.undoneSettlements.inc();
  }

  private watch(sources: GaugeSources): void {
    this.gauge('touchstone_payment_unknown_open', 'Payments whose fate only the chain can tell.', () =>
      sources.openReservations(),
    );
    this.gauge('touchstone_payment_relayer_wei', 'Balance that pays the gas of settlements.', async () =>
      Number(await sources.relayerWei()),
    );
    this.gauge(
      'touchstone_payment_log_range_blocks',
      'Blocks of one eth_getLogs that the node answers; fewer than 2000 when it refuses more.',
      async () => sources.logRangeBlocks(),
    );
  }

  private gauge(name: string, help: string, read: () => Promise<number>): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      registers: [],
      collect: async () => {
        try {
          gauge.set(await read());
        } catch {
          return;
        }
      },
    });
    this.registry.registerMetric(gauge);
  }
}
