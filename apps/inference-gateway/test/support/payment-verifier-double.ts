import { AppError, type PaymentAsset, type PaymentReference } from '@touchstone/contracts';
import type {
  AskedTransfer,
  PresentedTransfer,
  TransferCode,
  TransferTerms,
} from '@touchstone/contracts/transfer';
import { uuidV7 } from '@touchstone/postgres';
import type {
  AuthorizeOutcome,
  PaymentPayload,
  PaymentPort,
  PaymentRequirements,
  SettleOutcome,
  TransferOutcome,
} from '../../src/domain/payment/payment.js';
import { serveRpc, type TestConnection } from './serve-rpc.js';

interface Reservation {
  readonly id: string;
  readonly digest: string;
  readonly payment: PaymentReference;
  state: 'reserved' | 'settled' | 'released' | 'failed';
  /** A settlement was asked for: it is neither given back nor held by a lease any more. */
  owed: boolean;
  otherRequests: number;
  settlement: Record<string, unknown>;
}

/** Other requests that are told that a payment belongs to another one. */
const OTHER_REQUESTS = 5;

/**
 * A payment-verifier in memory with the rules of its contract: insert-first by (network, asset, payer, nonce), bound
 * to the first request for ever, in flight until released, settled or its lease runs out, owed once it was asked for.
 */
export class PaymentVerifierDouble implements PaymentPort {
  /** What the token says of itself: that of the gateway's defaults. */
  asset: PaymentAsset = {
    network: 'eip155:8453',
    address: '0x833589fcd6edb6e08f4c7c32d4f71b54bda02913',
    name: 'USD Coin',
    version: '2',
  };
  /** Transfers that were made. */
  transfers = 0;
  /** Why the next settlements fail, when they do, and what is said about the money. */
  failureReason = 'insufficient_funds';
  charged: 'no' | 'elsewhere' | 'unknown' = 'no';
  /** What the next settlements come to. */
  nextSettle: 'settled' | 'pending' | 'failed' | 'unsent' | 'not-taken' | 'settled-no-answer' = 'settled';
  /** The transaction that a pending settlement names. */
  pendingTransaction = '0x77';
  /** When set, why transfers do not pay. */
  refusal: { readonly code: TransferCode; readonly reason: string; readonly message: string } | undefined;
  /** What is told about transfers. */
  transferTerms: TransferTerms | undefined = { confirmations: 3, maxAgeSeconds: 3_600 };
  /** When set, payments of this payer (lower case) are invalid. */
  poorPayer: string | undefined;
  /** Reasons of the releases so far. */
  readonly released: string[] = [];
  /** Reservations whose lease was renewed, once for each time. */
  readonly renewed: string[] = [];
  /** Reservations whose settlement was asked for, once for each time. */
  readonly asked: string[] = [];
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
    if (known && known.digest !== requestDigest) return this.bound(known);
    if (known && known.state !== 'released') return this.known(known);
    if (payer === this.poorPayer) {
      const reason = 'invalid_exact_evm_insufficient_balance';
      return { outcome: 'invalid', reason, message: 'no money', charged: this.charged };
    }
    const payment: PaymentReference = {
      network,
      asset: asset.toLowerCase(),
      payer,
      payTo: payTo.toLowerCase(),
      amount,
      nonce: authorization.nonce.slice(2).toLowerCase(),
    };
    const begun = { state: 'reserved' as const, owed: false, otherRequests: 0, settlement: {} };
    const reservation: Reservation = known ?? { id: uuidV7(), digest: requestDigest, payment, ...begun };
    reservation.state = 'reserved';
    this.reservations.set(key, reservation);
    return { outcome: 'reserved', reservationId: reservation.id, payment };
  }

  /** Every transfer holds, unless {@link refusal} says why it does not. */
  async authorizeTransfer(
    transfer: PresentedTransfer,
    asked: AskedTransfer,
    requestDigest: string,
  ): Promise<TransferOutcome> {
    const claim = 'claim' in transfer ? transfer.claim : undefined;
    const txHash = claim?.txHash ?? ('txHash' in transfer ? transfer.txHash : '');
    const known = this.reservations.get(txHash);
    if (known && known.digest !== requestDigest) return this.bound(known);
    if (known && known.state !== 'released') return this.known(known);
    if (this.refusal !== undefined) return { outcome: 'refused', ...this.refusal };
    const payer = claim?.payer ?? `0x${'99'.repeat(20)}`;
    const payment = { ...asked, payer, txHash, logIndex: claim?.logIndex ?? 0 };
    const begun = { state: 'reserved' as const, owed: false, otherRequests: 0, settlement: {} };
    const reservation: Reservation = known ?? { id: uuidV7(), digest: requestDigest, payment, ...begun };
    reservation.state = 'reserved';
    this.reservations.set(txHash, reservation);
    return { outcome: 'reserved', reservationId: reservation.id, payment };
  }

  async settle(reservationId: string): Promise<SettleOutcome> {
    this.asked.push(reservationId);
    const reservation = this.byId(reservationId);
    if (!reservation) throw new AppError('not-found', 'no such reservation');
    if (this.nextSettle === 'not-taken') throw new AppError('conflict', 'nobody takes the question up');
    const { network, payer } = reservation.payment;
    if (reservation.state !== 'settled') {
      reservation.owed = true;
      const settlement = { success: false, transaction: '', network };
      if (this.nextSettle === 'unsent')
        return { outcome: 'unsent', code: 'dependency-unavailable', retryable: false };
      if (this.nextSettle === 'pending') {
        const pending = { errorReason: 'settlement_pending', transaction: this.pendingTransaction };
        return { outcome: 'pending', settlement: { ...settlement, ...pending } };
      }
      if (this.nextSettle === 'failed') {
        const { charged, failureReason: errorReason } = this;
        if (charged !== 'unknown') reservation.state = 'failed';
        reservation.settlement = { ...settlement, errorReason };
        return { outcome: 'failed', settlement: reservation.settlement, charged };
      }
      this.transfers += 1;
    }
    reservation.state = 'settled';
    reservation.settlement = { success: true, transaction: `0x${'ab'.repeat(32)}`, network, payer };
    if (this.nextSettle === 'settled-no-answer') throw new AppError('conflict', 'the answer was lost');
    return { outcome: 'settled', settlement: reservation.settlement };
  }

  async renew(reservationId: string): Promise<void> {
    this.renewed.push(reservationId);
  }

  async release(reservationId: string, reason: string): Promise<void> {
    const reservation = this.byId(reservationId);
    if (reservation?.state === 'reserved' && !reservation.owed) reservation.state = 'released';
    this.released.push(reason);
  }

  /** Lets the leases of all open reservations run out, as after a crash of their holder. */
  expireLeases(): void {
    for (const reservation of this.reservations.values()) {
      if (reservation.state === 'reserved' && !reservation.owed) reservation.state = 'released';
    }
  }

  /** Somebody sends a payment, with the answer that its caller waits for or without one. */
  pay(reservation: Reservation): void {
    this.transfers += 1;
    reservation.state = 'settled';
    reservation.settlement = { success: true, transaction: `0x${'ef'.repeat(32)}` };
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
    serveRpc(nc, 'payment-verifier', 'authorize-transfer', async ({ transfer, asked, requestDigest }) => {
      const outcome = await this.authorizeTransfer(transfer, asked, requestDigest);
      return outcome.outcome === 'reserved' ? { ...outcome, payer: outcome.payment.payer } : outcome;
    });
    serveRpc(nc, 'payment-verifier', 'settle', async ({ reservationId }) => {
      const result = await this.settle(reservationId);
      return result.outcome === 'unsent' ? result : { ...result, settlement: { ...result.settlement } };
    });
    serveRpc(nc, 'payment-verifier', 'supported', async () => ({
      supported: { transfers: this.transferTerms },
      asset: this.asset,
    }));
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

  private bound(known: Reservation): AuthorizeOutcome {
    known.otherRequests += 1;
    if (known.otherRequests <= OTHER_REQUESTS) return { outcome: 'bound-to-other-request' };
    throw new AppError('rate-limited', 'Too many other requests came with this payment.');
  }

  private known({ id, state, owed, payment, settlement, otherRequests }: Reservation): AuthorizeOutcome {
    if (state === 'settled') {
      const guessed = otherRequests >= OTHER_REQUESTS;
      return { outcome: 'settled', reservationId: id, payment, settlement, guessed };
    }
    if (state === 'failed') {
      const reason = String(settlement['errorReason']);
      return { outcome: 'invalid', reason, charged: this.charged };
    }
    if (owed) return { outcome: 'reserved', reservationId: id, payment };
    return { outcome: 'in-flight', reservationId: id, retryAfterSeconds: 1 };
  }

  private byId(id: string): Reservation | undefined {
    return [...this.reservations.values()].find((reservation) => reservation.id === id);
  }
}
