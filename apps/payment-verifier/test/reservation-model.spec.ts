import { describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import fc from 'fast-check';
import { PaymentDesk } from '../src/domain/payment-desk.js';
import { RecoverSettlements } from '../src/domain/recover-settlements.js';
import { reasons } from '../src/domain/reasons.js';
import { SettleOwed } from '../src/domain/settle-owed.js';
import { RECHECK_LAST_MS } from '../src/domain/settlement-desk.js';
import { isTerminal, type Reservation } from '../src/domain/reservation.js';
import { FakeWorld, silentMetrics, type Interruption } from './support/fake-world.js';
import { samplePayment } from './support/sample-payment.js';

const LEASE_MS = 60_000;
/** Beyond the end of the sample's authorisation. */
const OVER_MS = 2_000_000_000_000 - Date.UTC(2026, 0, 1);
const RUNS = 400;

type Command =
  | { readonly do: 'authorize'; readonly request: 'a' | 'b'; readonly copies: number }
  | { readonly do: 'settle'; readonly interruption: Interruption; readonly copies: number }
  | { readonly do: 'pass-time'; readonly ms: number }
  | {
      readonly do:
        | 'release'
        | 'cancel'
        | 'transfer-by-other'
        | 'expire'
        | 'empty'
        | 'fund'
        | 'node-down'
        | 'node-up'
        | 'congest'
        | 'clear'
        | 'recover'
        | 'settle-owed';
    };

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('authorize' as const),
      request: fc.constantFrom('a' as const, 'b' as const),
      copies: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      interruption: fc.constantFrom('none', 'before-sending', 'before-mining', 'before-marking'),
      copies: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('pass-time' as const),
      ms: fc.constantFrom(1, 4_000, LEASE_MS - 1, LEASE_MS),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'release',
        'cancel',
        'transfer-by-other',
        'expire',
        'empty',
        'fund',
        'node-down',
        'node-up',
        'congest',
        'clear',
        'recover',
        'settle-owed',
      ),
    }),
  },
) as fc.Arbitrary<Command>;

/** One payment in a world of its own, with a record of what its requests were told. */
class Run {
  readonly world = new FakeWorld();
  readonly payment = samplePayment();
  private owner: 'a' | 'b' | undefined;
  private reservationId: string | undefined;
  private last: Reservation | undefined;
  private ids = 0;
  /** Somebody was told that nothing was charged. */
  private neverCharged = false;
  /** A payment that had failed was paid all the same. */
  private revived = false;
  readonly desk = new PaymentDesk({
    store: this.world.store,
    chain: this.world,
    facilitator: this.world,
    metrics: silentMetrics,
    nowMs: () => this.world.nowMs,
    newId: () => `reservation-${(this.ids += 1)}`,
    leaseMs: LEASE_MS,
    validityMinSeconds: 0,
    policy: { network: 'eip155:84532', asset: this.payment.asset, recipients: [] },
  });
  readonly recovery = new RecoverSettlements({
    store: this.world.store,
    lane: this.world,
    desk: this.desk.closing,
    nowMs: () => this.world.nowMs,
    minAgeMs: 0,
    onError: (error) => expectUnavailable(error),
  });
  readonly owed = new SettleOwed({
    store: this.world.store,
    desk: this.desk.closing,
    settling: this.desk.settling,
    nowMs: () => this.world.nowMs,
    onError: (error) => expectUnavailable(error),
  });

  async apply(command: Command): Promise<void> {
    const { world } = this;
    switch (command.do) {
      case 'authorize':
        return this.authorize(command.request, command.copies);
      case 'settle':
        return this.settle(command.interruption, command.copies);
      case 'pass-time':
        world.nowMs += command.ms;
        return;
      case 'release':
        if (this.reservationId !== undefined) await this.desk.releasing.release(this.reservationId, 'x');
        return;
      case 'transfer-by-other':
        return world.transferByOther();
      case 'cancel':
        return world.cancel();
      case 'recover':
        await this.recovery.run().catch(expectUnavailable);
        return;
      case 'settle-owed':
        return this.owed.run();
      case 'expire':
        world.expired = true;
        return;
      case 'empty':
      case 'fund':
        world.funded = command.do === 'fund';
        return;
      case 'congest':
      case 'clear':
        world.congested = command.do === 'congest';
        return;
      case 'node-down':
      case 'node-up':
        world.nodeUp = command.do === 'node-up';
    }
  }

  private async authorize(request: 'a' | 'b', copies: number): Promise<void> {
    const digest = request.repeat(64);
    const results = await Promise.all(
      Array.from({ length: copies }, () =>
        this.desk.authorizing.authorize(this.payment, digest).catch(expectRefusal),
      ),
    );
    const reserved = results.flatMap((result) =>
      result?.outcome === 'reserved' && result.reservation.owedAtMs === null ? [result] : [],
    );
    // However many copies race, one holds the payment, until it is owed: then any of them only asks for its settlement.
    expect(reserved.length).toBeLessThanOrEqual(1);
    for (const result of results) {
      if (result === undefined) continue;
      if (result.outcome === 'invalid' && result.charged === 'no' && this.reservationId !== undefined)
        this.neverCharged = true;
      const owned = result.outcome === 'reserved' || result.outcome === 'settled';
      if (owned) {
        this.owner ??= request;
        expect(request).toBe(this.owner);
        this.reservationId ??= result.reservation.id;
        expect(result.reservation.id).toBe(this.reservationId);
      }
    }
  }

  private async settle(interruption: Interruption, copies: number): Promise<void> {
    const id = this.reservationId;
    if (id === undefined) return;
    this.world.interruption = interruption;
    const results = await Promise.all(
      Array.from({ length: copies }, () => this.desk.settling.settle(id).catch(expectUnavailableOrConflict)),
    );
    for (const result of results) {
      if (result?.outcome === 'settled') expect(this.world.charges).toBe(1);
      if (result?.outcome === 'failed') expect(this.world.charges).toBe(0);
      if (result?.outcome === 'failed' && result.charged === 'no') this.neverCharged = true;
      if (result?.outcome === 'unsent') expect(this.world.transactions).toEqual([]);
    }
  }

  check(): void {
    const { world } = this;
    expect(world.charges).toBeLessThanOrEqual(1);
    expect(world.transactions.length).toBeLessThanOrEqual(1);
    expect(world.store.rows.size).toBeLessThanOrEqual(1);
    const [row] = world.store.rows.values();
    if (this.last !== undefined && isTerminal(this.last.state)) this.checkClosed(this.last, row);
    if (this.neverCharged) expect(world.charges).toBe(0);
    // A reservation that was handed out once is never forgotten.
    if (this.reservationId !== undefined) expect(row?.id).toBe(this.reservationId);
    if (row?.state === 'settled') expect(world.charges).toBe(1);
    // After a transaction that reverted somebody else may still have sent the transfer.
    if (row?.state === 'failed' && row.reason !== reasons.transactionFailed) expect(world.charges).toBe(0);
    const announced = row !== undefined && isTerminal(row.state) ? [row.state] : [];
    const kinds = world.store.announced.map(({ kind }) => kind);
    expect(kinds).toEqual(this.revived ? ['failed', 'settled'] : announced);
    this.last = row;
  }

  /** What is closed stays as it is, except what failed by a transaction that reverted: it may be paid, or over, later. */
  private checkClosed(last: Reservation, row: Reservation | undefined): void {
    if (last.reason !== reasons.transactionFailed)
      return expect(row).toEqual({ ...last, otherRequests: row?.otherRequests });
    if (row?.state === 'settled') this.revived = true;
    else expect(row?.state).toBe('failed');
  }
}

function expectUnavailable(error: unknown): undefined {
  expect(error).toMatchObject({ code: 'dependency-unavailable' });
  return undefined;
}

/** What a request is told by an error: a part is away, or it is one of too many that the payment is not for. */
function expectRefusal(error: unknown): undefined {
  expect(error).toBeInstanceOf(AppError);
  expect(['dependency-unavailable', 'rate-limited']).toContain((error as AppError).code);
  return undefined;
}

function expectUnavailableOrConflict(error: unknown): undefined {
  expect(error).toBeInstanceOf(AppError);
  expect(['dependency-unavailable', 'conflict']).toContain((error as AppError).code);
  return undefined;
}

describe('a payment through any sequence of requests, faults and chain events', () => {
  it('is charged at most once, belongs to one request, and is told as it happened', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 30 }), async (commands) => {
        const run = new Run();
        for (const step of commands) {
          await run.apply(step);
          run.check();
        }
        // When all parts are back and the time of the authorisation is over, nothing stays open.
        const wait = { do: 'pass-time', ms: RECHECK_LAST_MS } as const;
        const again = [wait, { do: 'recover' }, { do: 'settle-owed' }] as const;
        const close = { do: 'expire' } as const;
        const end = { do: 'pass-time', ms: OVER_MS } as const;
        for (const step of [
          { do: 'node-up' } as const,
          ...again,
          { do: 'clear' } as const,
          ...again,
          close,
          end,
          ...again,
          ...again,
        ]) {
          await run.apply(step);
          run.check();
        }
        for (const { state, owedAtMs, recheckAtMs } of run.world.store.rows.values()) {
          expect(state).not.toBe('settling');
          if (owedAtMs !== null) expect(['settled', 'failed']).toContain(state);
          if (state === 'failed') expect(recheckAtMs).toBeNull();
          if (state === 'failed') expect(run.world.charges).toBe(0);
        }
      }),
      { numRuns: RUNS },
    );
  });
});
