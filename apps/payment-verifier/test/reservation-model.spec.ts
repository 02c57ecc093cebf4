import { describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import fc from 'fast-check';
import { PaymentDesk } from '../src/domain/payment-desk.js';
import { RecoverSettlements } from '../src/domain/recover-settlements.js';
import { isTerminal, type Reservation } from '../src/domain/reservation.js';
import { FakeWorld, silentMetrics, type Interruption } from './support/fake-world.js';
import { samplePayment } from './support/sample-payment.js';

const LEASE_MS = 60_000;
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
        | 'recover';
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
  readonly desk = new PaymentDesk({
    store: this.world.store,
    chain: this.world,
    facilitator: this.world,
    metrics: silentMetrics,
    nowMs: () => this.world.nowMs,
    newId: () => `reservation-${(this.ids += 1)}`,
    leaseMs: LEASE_MS,
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
        // A payment that was given up may still be sent by whoever saw it; that is outside of what is promised.
        if (this.last?.state !== 'failed') world.transferByOther();
        return;
      case 'cancel':
        return world.cancel();
      case 'recover':
        return this.recovery.run().catch(expectUnavailable);
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
        this.desk.authorizing.authorize(this.payment, digest).catch(expectUnavailable),
      ),
    );
    const reserved = results.flatMap((result) => (result?.outcome === 'reserved' ? [result] : []));
    // However many copies race, one holds the payment.
    expect(reserved.length).toBeLessThanOrEqual(1);
    for (const result of results) {
      if (result === undefined) continue;
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
      Array.from({ length: copies }, () =>
        this.desk.settling.settle(id, this.payment).catch(expectUnavailableOrConflict),
      ),
    );
    for (const result of results) {
      if (result?.outcome === 'settled') expect(this.world.charges).toBe(1);
      if (result?.outcome === 'failed') expect(this.world.charges).toBe(0);
    }
  }

  check(): void {
    const { world } = this;
    expect(world.charges).toBeLessThanOrEqual(1);
    expect(world.transactions.length).toBeLessThanOrEqual(1);
    expect(world.store.rows.size).toBeLessThanOrEqual(1);
    const [row] = world.store.rows.values();
    if (this.last !== undefined && isTerminal(this.last.state)) expect(row).toEqual(this.last);
    // A reservation that was handed out once is never forgotten.
    if (this.reservationId !== undefined) expect(row?.id).toBe(this.reservationId);
    if (row?.state === 'settled') expect(world.charges).toBe(1);
    if (row?.state === 'failed') expect(world.charges).toBe(0);
    const announced = row !== undefined && isTerminal(row.state) ? [row.state] : [];
    expect(world.store.announced.map(({ kind }) => kind)).toEqual(announced);
    this.last = row;
  }
}

function expectUnavailable(error: unknown): undefined {
  expect(error).toMatchObject({ code: 'dependency-unavailable' });
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
        for (const step of [
          'node-up',
          'recover',
          'clear',
          'recover',
          'expire',
          'recover',
          'recover',
        ] as const) {
          await run.apply({ do: step });
          run.check();
        }
        expect([...run.world.store.rows.values()].some(({ state }) => state === 'settling')).toBe(false);
      }),
      { numRuns: RUNS },
    );
  });
});
