import { AppError, fromProblem, toProblem, type RpcVerb } from '@touchstone/contracts';
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
import { PaymentDesk } from '../../../payment-verifier/src/domain/payment-desk.js';
import { paymentReference, type Payment } from '../../../payment-verifier/src/domain/payment.js';
import { RecoverSettlements } from '../../../payment-verifier/src/domain/recover-settlements.js';
import type { Reservation } from '../../../payment-verifier/src/domain/reservation.js';
import { SettleOwed } from '../../../payment-verifier/src/domain/settle-owed.js';
import { PaymentRpcController } from '../../../payment-verifier/src/transport/nats/payment-rpc.controller.js';
import { silentMetrics } from '../../../payment-verifier/test/support/fake-world.js';
import { MemoryReservationStore } from '../../../payment-verifier/test/support/memory-reservation-store.js';
import { executorParts, MODEL_ID, modelOf, PRICE, reader, requestOf, terms } from './model.js';
import { Process } from './process.js';
import { SimulatedChain } from './simulated-chain.js';

/** What becomes of one question over the mesh. */
export type Fate = 'passes' | 'request-lost' | 'answer-lost' | 'nobody-there' | 'queue-full';

const LEASE_MS = 10_000;
const VALID_MS = 120_000;
const START_MS = Date.UTC(2026, 0, 2);
const SIGNATURE = `0x${'11'.repeat(65)}`;
const FORGED = `0x${'22'.repeat(65)}`;
const PAYER = `0x${'cc'.repeat(20)}`;
const TARGET = `/v1/models/${MODEL_ID}/infer`;
const NONCE = `0x${'dd'.repeat(32)}`;

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
  readonly chain = new SimulatedChain(
    this.reservations,
    () => this.nowMs,
    BigInt((START_MS + VALID_MS) / 1_000),
    SIGNATURE,
  );
  gateway = new Process();
  verifier = new Process();
  private desk = this.newDesk();
  private readonly unanswered = new Set<(error: AppError) => void>();
  private ids = 0;
  private delivered = 0;

  /** The reservation of the payment, if it was ever verified. */
  get reservation(): Reservation | undefined {
    return [...this.reservations.rows.values()].find(({ verified }) => verified);
  }

  /** One request with the payment, as a gateway of this moment answers it. */
  infer(value: number, forged: boolean): Promise<Reply> {
    const call = requestOf(value);
    const { payTo, asset, network, assetName, assetVersion } = terms;
    const accepted = {
      scheme: 'exact',
      ...{ amount: PRICE, payTo, asset, network },
      maxTimeoutSeconds: 120,
      extra: { name: assetName, version: assetVersion },
    };
    const authorization = {
      from: PAYER,
      to: payTo,
      value: PRICE,
      validAfter: '0',
      validBefore: String((START_MS + VALID_MS) / 1_000),
      nonce: NONCE,
    };
    const payload = { signature: forged ? FORGED : SIGNATURE, authorization };
    return this.newGateway().infer({
      modelId: MODEL_ID,
      ...call,
      method: 'POST',
      target: TARGET,
      paymentHeader: JSON.stringify({ x402Version: 2, accepted, payload }),
    });
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
  }

  /** The gateway takes the events that the payment-verifier wrote since. */
  async deliver(): Promise<void> {
    const news = this.reservations.announced.slice(this.delivered);
    this.delivered += news.length;
    for (const { kind, reservationId } of news) {
      const row = this.reservations.rows.get(reservationId) as Reservation;
      const { requestDigest, transaction, reason } = row;
      const common = { reservationId, requestDigest, payment: paymentReference(row) };
      const body =
        kind === 'settled' ? { ...common, transaction } : { ...common, reason: reason ?? 'failed before' };
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
        fateOf: () => chain.fateOf(),
      },
      facilitator: this.chain.facilitatorOf(verifier),
      metrics: silentMetrics,
      nowMs: () => this.nowMs,
      newId: () => uuid('a', (this.ids += 1)),
      leaseMs: LEASE_MS,
      validityMinSeconds: 45,
      policy: { network: terms.network, asset: terms.asset, recipients: [] },
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
    const fate = (verb === 'authorize' || verb === 'settle' ? this.fates[verb] : undefined) ?? 'passes';
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
    const { verifier } = this;
    const controller = new PaymentRpcController(this.desk, {} as never, quietLogger);
    await verifier.step();
    try {
      const answer: unknown = await controller[verb as Exclude<typeof verb, 'authorize-transfer'>](
        request as never,
      );
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
