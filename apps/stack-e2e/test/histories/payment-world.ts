import { AppError, fromProblem, toProblem, type RpcVerb } from '@touchstone/contracts';
import type { PresentedTransfer } from '@touchstone/contracts/transfer';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import { requestDigest } from '@touchstone/evidence';
import { silentLogger } from '@touchstone/platform/observability';
import { RpcPayments } from '../../../inference-gateway/src/adapters/payment-verifier/rpc-payments.js';
import { ModelExecutor } from '../../../inference-gateway/src/domain/inference/execute-model.js';
import {
  InferModel,
  type InferModelParts,
} from '../../../inference-gateway/src/domain/inference/infer-model.js';
import { type Reply } from '../../../inference-gateway/src/domain/payment/reply.js';
import { ModelCatalogue } from '../../../inference-gateway/src/domain/model/model-catalogue.js';
import { PaidInference } from '../../../inference-gateway/src/domain/payment/paid-inference.js';
import { SettleExecuted } from '../../../inference-gateway/src/domain/payment/settle-executed.js';
import { takePaymentEvent } from '../../../inference-gateway/src/transport/nats/payment-events.js';
import { MemoryVerificationStore } from '../../../inference-gateway/test/support/memory-verification-store.js';
import { AuthorizeTransfer } from '../../../payment-verifier/src/domain/authorize-transfer.js';
import { FollowTransfers } from '../../../payment-verifier/src/domain/follow-transfers.js';
import { PaymentDesk } from '../../../payment-verifier/src/domain/payment-desk.js';
import { paymentReference, type Payment } from '../../../payment-verifier/src/domain/payment.js';
import { RecoverSettlements } from '../../../payment-verifier/src/domain/recover-settlements.js';
import type { Reservation } from '../../../payment-verifier/src/domain/reservation.js';
import { SettleOwed } from '../../../payment-verifier/src/domain/settle-owed.js';
import { PaymentRpcController } from '../../../payment-verifier/src/transport/nats/payment-rpc.controller.js';
import { TransferRpcController } from '../../../payment-verifier/src/transport/nats/transfer-rpc.controller.js';
import { silentMetrics } from '../../../payment-verifier/test/support/fake-world.js';
import { MemoryReservationStore } from '../../../payment-verifier/test/support/memory-reservation-store.js';
import { MemoryTransferStore } from '../../../payment-verifier/test/support/memory-transfer-store.js';
import { authorization, FORGED, SIGNATURE, START_MS, VALID_MS } from './headers.js';
import {
  executorParts,
  MODEL_ID,
  modelOf,
  OWN_VALUE,
  PAYER,
  PRICE,
  reader,
  requestOf,
  terms,
} from './model.js';
import { Process } from './process.js';
import { SimulatedChain } from './simulated-chain.js';
import { CONFIRMATIONS, LOG_INDEX, TransferChain } from './transfer-chain.js';

/** What becomes of one question over the mesh. */
export type Fate = 'passes' | 'request-lost' | 'answer-lost' | 'nobody-there' | 'queue-full';

/** How the one payment of a history is made: by an authorisation that is sent here, or by a transfer that the payer made himself. */
export type Means = 'x402' | 'transfer';

const LEASE_MS = 10_000;
const TARGET = `/v1/models/${MODEL_ID}/infer`;

const policy = { network: terms.network, asset: terms.asset, recipients: [] };
const quietLogger = silentLogger();
const timeout = (): AppError => new AppError('timeout', 'no answer', { cause: new Error('silence') });
const uuid = (kind: string, count: number): string =>
  `0198f1f0-0000-7000-8000-${kind}${count.toString(16).padStart(11, '0')}`;

/** One payment, one gateway and one payment-verifier with all that may happen to them. */
export class PaymentWorld {
  nowMs = START_MS;
  /** The version of the model that is served, its price, and whether it takes requests. */
  model = modelOf(1, PRICE);
  isActive = true;
  fates: Partial<Record<'authorize' | 'settle', Fate>> = {};
  runFails = false;
  /** The payment-verifier said that nothing is sent while a transaction was signed. */
  isUnsentFalse = false;
  /** The payment-verifier said that nothing was charged while the transfer stood in a block. */
  isFreeFalse = false;
  /** Called once when a settlement is asked for. */
  meanwhile: (() => void) | undefined;
  readonly reservations = new MemoryReservationStore();
  readonly verifications = new MemoryVerificationStore(() => this.nowMs);
  readonly transfers = new MemoryTransferStore(this.reservations);
  readonly chain: SimulatedChain | TransferChain;
  /** Until when the claims are good that the payer signs. */
  claimedUntilMs = START_MS + VALID_MS;
  gateway = new Process();
  verifier = new Process();
  private desk: PaymentDesk;
  private readonly unanswered = new Set<(error: AppError) => void>();
  private ids = 0;
  private delivered = 0;

  constructor(readonly means: Means = 'x402') {
    const Chain = means === 'x402' ? SimulatedChain : TransferChain;
    const end = BigInt((START_MS + VALID_MS) / 1_000);
    this.chain = new Chain(this.reservations, () => this.nowMs, end, SIGNATURE);
    this.desk = this.newDesk();
  }

  /** The reservation of the payment, if it was ever verified. */
  get reservation(): Reservation | undefined {
    return [...this.reservations.rows.values()].find(({ verified }) => verified);
  }

  /** A settlement was announced and taken back. */
  get isReversed(): boolean {
    const kinds = this.reservations.announced.map(({ kind }) => kind);
    return kinds.includes('settled') && kinds.lastIndexOf('failed') > kinds.indexOf('settled');
  }

  /** Reservations of the one payment; a second one would be answered for nothing. */
  get heldCount(): number {
    return [...this.reservations.rows.values()].filter(({ verified }) => verified).length;
  }

  /** One request with the payment, as a gateway of this moment answers it. */
  infer(value: number, forged: boolean): Promise<Reply> {
    const paymentHeader =
      this.chain instanceof TransferChain
        ? { transferClaim: this.claim(value, forged, this.chain.made.hash) }
        : authorization(forged);
    const call = { modelId: MODEL_ID, method: 'POST', target: TARGET, paymentHeader };
    return this.newGateway().infer({ ...call, ...requestOf(value) });
  }

  /** What the payer signed: by the version that took his transfer, or by that of now as long as none did. */
  private claim(value: number, forged: boolean, hash: string): string {
    const served = this.model.manifest.version === '1' ? 1 : 2;
    // Somebody who saw a claim brings it with a request of his own.
    const isTakenOver = forged && value !== OWN_VALUE;
    const claimedFor = isTakenOver ? OWN_VALUE : value;
    const taken = ([1, 2] as const).find(
      (version) => this.digestOf(version, claimedFor) === this.reservation?.requestDigest,
    );
    const claim = {
      ...{ txHash: hash.slice(2), logIndex: LOG_INDEX, payer: PAYER, payTo: terms.payTo },
      requestDigest: this.digestOf(taken ?? served, claimedFor),
      deadline: Math.floor(this.claimedUntilMs / 1_000),
    };
    return JSON.stringify({ claim, signature: forged && !isTakenOver ? FORGED : SIGNATURE });
  }

  /** The digest that a request has by one version of the model. */
  digestOf(version: 1 | 2, value: number): string {
    return requestDigest({
      bodyDigest: bytesToHex(sha256(requestOf(value).body)),
      method: 'POST',
      modelVersionId: modelOf(version, PRICE).modelVersionId,
      quoteId: null,
      target: TARGET,
    });
  }

  async sweep(): Promise<void> {
    await new SettleExecuted({
      payments: this.payments(),
      answers: this.gateway.calling(this.verifications),
      nowMs: () => this.nowMs,
      onError: (_id, error) => expectAppError(error),
    }).run();
  }

  async recover(): Promise<void> {
    const { verifier, desk, chain } = this;
    const store = verifier.calling(this.reservations);
    const nowMs = () => this.nowMs;
    const onError = expectAppError;
    const called = { store, desk: desk.closing, nowMs, onError };
    await new RecoverSettlements({ ...called, lane: verifier.calling(chain) }).run();
    await new SettleOwed({ ...called, settling: desk.settling }).run();
    if (!(chain instanceof TransferChain)) return;
    const follow = { transfers: verifier.calling(this.transfers), reader: verifier.calling(chain) };
    const onDropped = (): void => undefined;
    await new FollowTransfers({ ...follow, ...{ nowMs, onError, onDropped }, metrics: silentMetrics }).run();
  }

  /** The gateway takes the events that the payment-verifier wrote since. */
  async deliver(): Promise<void> {
    const news = this.reservations.announced.slice(this.delivered);
    this.delivered += news.length;
    for (const { kind, reservationId, reason, atMs } of news) {
      const row = this.reservations.rows.get(reservationId) as Reservation;
      const { requestDigest, transaction } = row;
      const at = new Date(atMs).toISOString();
      const common = { reservationId, requestDigest, payment: paymentReference(row) };
      const body =
        kind === 'settled'
          ? { ...common, transaction, settledAt: at }
          : { ...common, reason: reason ?? 'failed before', failedAt: at };
      const message = { subject: `evt.v1.payment.transfer.${kind}`, body };
      await takePaymentEvent(
        [this.verifications],
        message as unknown as Parameters<typeof takePaymentEvent>[1],
      );
    }
  }

  /** Whoever waits for an answer that did not come gives it up. */
  giveUpWaiting(): boolean {
    const waiting = [...this.unanswered];
    this.unanswered.clear();
    for (const reject of waiting) reject(timeout());
    return waiting.length > 0;
  }

  /** A gateway, or a payment-verifier, that begins anew beside those that stopped. */
  renew(which: 'gateway' | 'verifier'): void {
    this[which] = new Process();
    if (which === 'verifier') this.desk = this.newDesk();
  }

  private newGateway(): InferModel {
    const { gateway } = this;
    const nowMs = () => this.nowMs;
    const catalogue = new ModelCatalogue([]);
    catalogue.put({ model: this.model, status: this.isActive ? 'active' : 'retired' });
    const executor = new ModelExecutor(
      executorParts(
        nowMs,
        () => uuid('b', (this.ids += 1)),
        () => this.runFails,
      ),
    );
    const verifications = gateway.calling(this.verifications);
    const links = {
      verification: (id: string) => `/v/${id}`,
      evidence: (id: string) => `/e/${id}`,
      proof: (id: string) => `/p/${id}`,
    };
    // Nothing is proved in these histories.
    const proofs: InferModelParts['proofs'] = {
      proveExecution: () => Promise.resolve({ answer: { isForLater: false } }),
      requireProvable: () => ({ price: 0n }),
    };
    const quiet = () => undefined;
    const paid = new PaidInference({
      terms,
      payments: this.payments(),
      reader,
      transfers: { read: (header) => JSON.parse(header) as PresentedTransfer, offer: () => undefined },
      executor: gateway.calling(executor),
      verifications,
      ...{ links, proofs },
      urlOf: (target) => target,
      warnings: { releaseFailed: quiet, renewalFailed: quiet, settleUnknown: quiet },
      nowMs,
    });
    // Nobody sends pictures or texts.
    const nobody = () => Promise.reject(new Error('Nothing is prepared in these histories.'));
    const preparers = { image: nobody, tokens: nobody };
    return new InferModel({ catalogue, executor, verifications, links, proofs, preparers, nowMs, paid });
  }

  private newDesk(): PaymentDesk {
    const { verifier } = this;
    const chain = verifier.calling(this.chain);
    return new PaymentDesk({
      store: verifier.calling(this.reservations),
      chain: {
        recentBlock: () => chain.recentBlock(),
        // Recovering a signature is no call to anybody.
        recoversToPayer: (payment) => this.chain.recoversToPayer(payment as Payment),
        isSignedByContract: () => chain.isSignedByContract(),
        fateOf: (reservation) => chain.fateOf(reservation),
      },
      facilitator: this.chain.facilitatorOf(verifier),
      metrics: silentMetrics,
      nowMs: () => this.nowMs,
      newId: () => uuid('a', (this.ids += 1)),
      leaseMs: LEASE_MS,
      validityMinSeconds: 45,
      policy,
    });
  }

  /** The use case of transfers beside those of the desk, for the life of one payment-verifier. */
  private newTransfers(chain: TransferChain): AuthorizeTransfer {
    const { verifier, desk } = this;
    return new AuthorizeTransfer({
      store: verifier.calling(this.reservations),
      transfers: verifier.calling(this.transfers),
      ...{ reader: verifier.calling(chain), chain: verifier.calling(chain) },
      ...{ signatures: desk.signatures, known: desk.known, policy },
      limits: { confirmations: CONFIRMATIONS, maxAgeSeconds: 3_600 },
      metrics: silentMetrics,
      nowMs: () => this.nowMs,
      newId: () => uuid('a', (this.ids += 1)),
      leaseMs: LEASE_MS,
    });
  }

  /** The real client of the gateway over a mesh in which each question has its fate. One question is all it has time for. */
  private payments(): RpcPayments {
    const { gateway } = this;
    const call = async (_service: string, verb: RpcVerb<'payment-verifier'>, request: unknown) => {
      await gateway.step();
      const answer = await this.ask(verb, JSON.parse(JSON.stringify(request)));
      await gateway.step();
      return answer;
    };
    type Rpc = ConstructorParameters<typeof RpcPayments>[0];
    return new RpcPayments({ call } as unknown as Rpc, { inAll: 0, attempt: 0 });
  }

  private ask(verb: RpcVerb<'payment-verifier'>, request: unknown): Promise<unknown> {
    if (verb === 'settle') {
      this.meanwhile?.();
      this.meanwhile = undefined;
    }
    const kind = verb === 'authorize-transfer' ? 'authorize' : verb;
    const fate = (kind === 'authorize' || kind === 'settle' ? this.fates[kind] : undefined) ?? 'passes';
    if (fate === 'nobody-there') throw new AppError('dependency-unavailable', 'nobody answers');
    if (fate === 'queue-full') throw new AppError('queue-full', 'the queue is full');
    return new Promise((resolve, reject) => {
      this.unanswered.add(reject);
      if (fate === 'request-lost') return;
      this.handle(verb, request).then(
        (answer) => fate === 'passes' && this.unanswered.delete(reject) && resolve(answer),
        (error: unknown) => fate === 'passes' && this.unanswered.delete(reject) && reject(error),
      );
    });
  }

  private async handle(verb: RpcVerb<'payment-verifier'>, request: unknown): Promise<unknown> {
    const { verifier, chain, desk } = this;
    await verifier.step();
    try {
      const answer: unknown =
        verb === 'authorize-transfer'
          ? await new TransferRpcController(this.newTransfers(chain as TransferChain)).authorize(
              request as never,
            )
          : await new PaymentRpcController(desk, {} as never, quietLogger)[verb](request as never);
      const { outcome, charged } = answer as { outcome?: unknown; charged?: unknown };
      // A word that a pause held back was true when the chain was asked; whoever waited for it has given up.
      if (!verifier.isWoken) {
        this.isUnsentFalse ||= outcome === 'unsent' && this.chain.signed.length > 0;
        // What is said about a payment that nobody signed is not about the money of the one whose nonce it bears.
        const isForged = JSON.stringify(request).includes(FORGED);
        this.isFreeFalse ||= charged === 'no' && !isForged && this.chain.isPaid;
      }
      await verifier.step();
      return JSON.parse(JSON.stringify(answer)) as unknown;
    } catch (error) {
      throw fromProblem(toProblem(error));
    }
  }
}

function expectAppError(error: unknown): void {
  if (!(error instanceof AppError)) throw error;
}
