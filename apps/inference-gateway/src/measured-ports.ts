import type { ModelRunner } from './domain/inference/model-runner.js';
import type { FailedRuns } from './domain/market/failed-runs.js';
import type { Signer } from './domain/inference/signer.js';
import type { VerificationStore } from './domain/inference/verification.js';
import type { PaymentPort } from './domain/payment/payment.js';
import type { GatewayMetrics } from './metrics.js';

type Stages = Pick<GatewayMetrics, 'stage'>;

/** The runner, with the time of each run observed, its wait for a worker included. */
export function measuredRunner(runner: ModelRunner, stages: Stages): ModelRunner {
  return { run: (model, inputs) => stages.stage('run', () => runner.run(model, inputs)) };
}

/** The runner, with the runs noted that fail. */
export function countedRunner(runner: ModelRunner, failedRuns: Pick<FailedRuns, 'note'>): ModelRunner {
  return {
    run: (model, inputs) =>
      runner.run(model, inputs).catch((error: unknown) => {
        failedRuns.note(model.modelVersionId, error);
        throw error;
      }),
  };
}

/** The signer, with the time of each signature observed, the way there and the flush of its audit included. */
export function measuredSigner(signer: Signer, stages: Stages): Signer {
  return {
    signOutput: (payload) => stages.stage('sign', () => signer.signOutput(payload)),
    keys: () => signer.keys(),
  };
}

/** The store, with the time of each commit observed that an answer waits for. */
export function measuredStore(store: VerificationStore, stages: Stages): VerificationStore {
  return {
    record: (verification, event, proof) =>
      stages.stage('record', () => store.record(verification, event, proof)),
    storeExecuted: (verification, event, body, proof) =>
      stages.stage('record', () => store.storeExecuted(verification, event, body, proof)),
    settle: (...settled) => stages.stage('record', () => store.settle(...settled)),
    findByPayment: (payment) => store.findByPayment(payment),
    findByReservation: (reservationId) => store.findByReservation(reservationId),
    failPayment: (...failed) => store.failPayment(...failed),
    claimUnsettled: (nowMs, limit) => store.claimUnsettled(nowMs, limit),
    find: (id) => store.find(id),
    findByTransaction: (txHash, limit) => store.findByTransaction(txHash, limit),
  };
}

/** The payment-verifier, with the time of each reservation and settlement observed. */
export function measuredPayments(payments: PaymentPort, stages: Stages): PaymentPort {
  return {
    authorize: (payload, requirements, digest) =>
      stages.stage('reserve', () => payments.authorize(payload, requirements, digest)),
    authorizeTransfer: (transfer, asked, digest) =>
      stages.stage('reserve', () => payments.authorizeTransfer(transfer, asked, digest)),
    settle: (reservationId) => stages.stage('settle', () => payments.settle(reservationId)),
    renew: (reservationId) => payments.renew(reservationId),
    release: (reservationId, reason) => payments.release(reservationId, reason),
  };
}
