import type { AuthorizationPayment, PaymentAsset } from '@touchstone/contracts';
import { uuidV7 } from '@touchstone/postgres';
import type {
  AuthorizeOutcome,
  PaymentPayload,
  PaymentPort,
  PaymentRequirements,
  SettleOutcome,
} from '../src/domain/payment/payment.js';
import { serveRpc, type TestConnection } from './serve-rpc.js';

interface Reservation {
  readonly id: string;
  readonly digest: string;
  readonly payment: AuthorizationPayment;
  state: 'reserved' | 'settled' | 'released';
  settlement: Record<string, unknown>;
}

/**
 * A payment-verifier in memory with the rules of its contract: insert-first by (network, asset, payer, nonce), bound
 * to the first request for ever, in flight until released, settled or its lease runs out.
 */
export class FakePayments implements PaymentPort {
  /** What the token says of itself: that of the gateway's defaults. */
  asset: PaymentAsset = {
    network: 'eip155:8453',
    address: '0x833589fcd6edb6e08f4c7c32d4f71b54bda02913',
    name: 'USD Coin',
    version: '2',
  };
  /** Transfers that were made. */
  transfers = 0;
  /** Why the next settlements fail, when they do. */
  failureReason = 'insufficient_funds';
  /** What the next settlements come to. */
  nextSettle: 'settled' | 'pending' | 'failed' | 'no-answer' | 'settled-no-answer' = 'settled';
  /** When set, payments of this payer (lower case) are invalid. */
  poorPayer: string | undefined;
  /** Reasons of the releases so far. */
  readonly released: string[] = [];
  /** Reservations whose lease was renewed, once for each time. */
  readonly renewed: string[] = [];
  private readonly reservations = new Map<string, Reservation>();

  async authorize(
    { payload }: PaymentPayload,
    requirements: PaymentRequirements,
    requestDigest: string,
  ): Promise<AuthorizeOutcome> {
    const { authorization } = payload;
    const payer = authorization.from.toLowerCase();
    const { network, asset, amount, payTo } = requirements;
    const key = [network, asset.toLowerCase(), payer, authorization.nonce.toLowerCase()].join(' ');
    const known = this.reservations.get(key);
    if (known && known.digest !== requestDigest) return { outcome: 'bound-to-other-request' };
    if (known?.state === 'settled') {
      return { outcome: 'settled', reservationId: known.id, settlement: known.settlement };
    }
    if (known?.state === 'reserved')
      return { outcome: 'in-flight', reservationId: known.id, retryAfterSeconds: 1 };
    if (payer === this.poorPayer) {
      return { outcome: 'invalid', reason: 'invalid_exact_evm_insufficient_balance', message: 'no money' };
    }
    const payment: AuthorizationPayment = {
      network,
      asset: asset.toLowerCase(),
      payer,
      payTo: payTo.toLowerCase(),
      amount,
      nonce: authorization.nonce.slice(2).toLowerCase(),
    };
    const reservation = known ?? {
      id: uuidV7(),
      digest: requestDigest,
      payment,
      state: 'reserved',
      settlement: {},
    };
    reservation.state = 'reserved';
    this.reservations.set(key, reservation);
    return { outcome: 'reserved', reservationId: reservation.id, payment };
  }

  async settle(reservationId: string): Promise<SettleOutcome> {
    const reservation = this.byId(reservationId);
    if (!reservation) throw new Error('no such reservation');
    if (this.nextSettle === 'no-answer') throw new Error('the verifier died before it sent the transfer');
    const { network, payer } = reservation.payment;
    if (this.nextSettle === 'pending') {
      return {
        outcome: 'pending',
        settlement: { success: false, errorReason: 'settlement_pending', transaction: '0x77', network },
      };
    }
    if (this.nextSettle === 'failed') {
      reservation.state = 'released';
      return {
        outcome: 'failed',
        settlement: { success: false, errorReason: this.failureReason, transaction: '', network },
      };
    }
    if (reservation.state !== 'settled') this.transfers += 1;
    reservation.state = 'settled';
    reservation.settlement = { success: true, transaction: `0x${'ab'.repeat(32)}`, network, payer };
    if (this.nextSettle === 'settled-no-answer') throw new Error('the answer was lost');
    return { outcome: 'settled', settlement: reservation.settlement };
  }

  async renew(reservationId: string): Promise<void> {
    this.renewed.push(reservationId);
  }

  async release(reservationId: string, reason: string): Promise<void> {
    const reservation = this.byId(reservationId);
    if (reservation?.state === 'reserved') reservation.state = 'released';
    this.released.push(reason);
  }

  /** Lets the leases of all open reservations run out, as after a crash of their holder. */
  expireLeases(): void {
    for (const reservation of this.reservations.values()) {
      if (reservation.state === 'reserved') reservation.state = 'released';
    }
  }

  /** All reservations, oldest first. */
  all(): readonly Reservation[] {
    return [...this.reservations.values()];
  }

  /** Answers the RPCs of the payment-verifier with this object. */
  serve(nc: TestConnection): this {
    const object = (value: unknown) => value as never;
    serveRpc(nc, 'payment-verifier', 'authorize', async (request) => {
      const outcome = await this.authorize(
        object(request.paymentPayload),
        object(request.paymentRequirements),
        request.requestDigest,
      );
      return outcome.outcome === 'reserved' ? { ...outcome, payer: outcome.payment.payer } : outcome;
    });
    serveRpc(nc, 'payment-verifier', 'settle', async ({ reservationId }) => {
      const { outcome, settlement } = await this.settle(reservationId);
      return { outcome, settlement };
    });
    serveRpc(nc, 'payment-verifier', 'supported', async () => ({ supported: {}, asset: this.asset }));
    serveRpc(nc, 'payment-verifier', 'renew', async ({ reservationId }) => {
      await this.renew(reservationId);
      return { held: this.byId(reservationId)?.state === 'reserved' };
    });
    serveRpc(nc, 'payment-verifier', 'release', async ({ reservationId, reason }) => {
      await this.release(reservationId, reason);
      return { released: true };
    });
    return this;
  }

  private byId(id: string): Reservation | undefined {
    return [...this.reservations.values()].find((reservation) => reservation.id === id);
  }
}
