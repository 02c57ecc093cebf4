import { AppError } from '@touchstone/contracts';
import { RpcClient } from '@touchstone/nats';
import { LOGGER, type Logger } from '@touchstone/platform/observability';
import { SHUTDOWN } from '@touchstone/platform/runtime';
import { BUILD_INFO, CLOCK, provide, token } from '@touchstone/platform/wiring';
import { Outbox, uuidV7 } from '@touchstone/postgres';
import { randomBytes } from 'node:crypto';
import { DataSource } from 'typeorm';
import { RpcPayments } from '../adapters/payment-verifier/rpc-payments.js';
import { OfferedTransfers } from '../adapters/transfer/offered-transfers.js';
import { ModelRuntimes } from '../adapters/sandbox/model-runtimes.js';
import { X402PaymentReader } from '../adapters/x402/x402-payment-reader.js';
import type { Config } from '../config.js';
import { ModelExecutor } from '../domain/inference/execute-model.js';
import { InferModel } from '../domain/inference/infer-model.js';
import { VerificationWatches } from '../domain/inference/watch-verification.js';
import { FailedRuns } from '../domain/market/failed-runs.js';
import { CommitmentKeeper } from '../domain/model/commitment-keeper.js';
import { ModelCatalogue } from '../domain/model/model-catalogue.js';
import { LastNodeStatus } from '../domain/node/node-status.js';
import { PaidInference } from '../domain/payment/paid-inference.js';
import { PaidRequests, type PaymentWarnings } from '../domain/payment/paid-requests.js';
import { ProveOutput } from '../domain/proving/prove-output.js';
import { SettleExecuted } from '../domain/payment/settle-executed.js';
import type { PaymentTerms } from '../domain/payment/payment.js';
import {
  countedRunner,
  measuredPayments,
  measuredRunner,
  measuredSigner,
  measuredStore,
} from '../measured-ports.js';
import { GatewayMetrics } from '../metrics.js';
import { PostgresVerificationStore } from '../persistence/postgres-verification-store.js';
import { Links } from '../transport/links.js';
import {
  EXECUTION_PROOFS,
  NODE_STATUS,
  PAYMENTS,
  PREPARERS,
  SIGNER,
  TRANSFERS,
  VERIFICATIONS,
} from '../tokens.js';
import { PAID_PROOFS } from './proving.js';

/** Undefined where nobody has to pay. */
const PAID_INFERENCE = token<PaidInference | undefined>('PaidInference');

/** Who looks for answers and proofs whose settlement nobody asked for. */
export const SETTLE_EXECUTED = token<readonly SettleExecuted[]>('SettleExecuted');

/** The way of one request, free or paid. */
export function inference(config: Config) {
  const links = new Links(config.TOUCHSTONE_PUBLIC_URL, config.TOUCHSTONE_EVIDENCE_URL);
  return [
    provide(Links, {}, () => links),
    provide(OfferedTransfers, {}, () => new OfferedTransfers(config.TOUCHSTONE_TRANSFER_PAYMENTS)),
    provide(TRANSFERS, { offered: OfferedTransfers }, ({ offered }) => offered),
    provide(PAYMENTS, { rpc: RpcClient }, ({ rpc }) => new RpcPayments(rpc)),
    provide(
      NODE_STATUS,
      { clock: CLOCK },
      ({ clock }) => new LastNodeStatus(config.TOUCHSTONE_NODE_ID, () => clock.nowMs()),
    ),
    provide(
      VERIFICATIONS,
      { dataSource: DataSource, outbox: Outbox, clock: CLOCK },
      ({ dataSource, outbox, clock }) =>
        new PostgresVerificationStore(dataSource, outbox, () => clock.nowMs()),
    ),
    provide(
      VerificationWatches,
      { verifications: VERIFICATIONS, shutdown: SHUTDOWN },
      ({ verifications, shutdown }) => {
        const watches = new VerificationWatches({ verifications, nowMs: () => performance.now() });
        shutdown.add('in-flight', 'watches', () => watches.close());
        return watches;
      },
    ),
    executor(),
    paidInference(config, links),
    paidProofs(config, links),
    settleExecuted(),
    provide(
      InferModel,
      {
        ...{ catalogue: ModelCatalogue, executor: ModelExecutor, verifications: VERIFICATIONS },
        ...{ clock: CLOCK, metrics: GatewayMetrics, paid: PAID_INFERENCE, proofs: ProveOutput },
        preparers: PREPARERS,
      },
      ({ catalogue, executor, verifications, clock, metrics, paid, proofs, preparers }) =>
        new InferModel({
          catalogue,
          executor,
          verifications: measuredStore(verifications, metrics),
          links,
          nowMs: () => clock.nowMs(),
          ...{ paid, proofs, preparers },
        }),
    ),
  ];
}

function executor() {
  return provide(
    ModelExecutor,
    {
      ...{ runtimes: ModelRuntimes, signer: SIGNER, commitments: CommitmentKeeper, node: NODE_STATUS },
      ...{ build: BUILD_INFO, clock: CLOCK, metrics: GatewayMetrics, failedRuns: FailedRuns },
    },
    ({
      failedRuns,
      runtimes,
      signer,
      commitments,
      node,
      build: { service, version, hash },
      clock,
      metrics,
    }) =>
      new ModelExecutor({
        runner: countedRunner(measuredRunner(runtimes, metrics), failedRuns),
        signer: measuredSigner(signer, metrics),
        commitments,
        node,
        build: { service, version, hash },
        nowMs: () => clock.nowMs(),
        newId: uuidV7,
        randomBytes: (length) => new Uint8Array(randomBytes(length)),
      }),
  );
}

function paidInference(config: Config, links: Links) {
  return provide(
    PAID_INFERENCE,
    {
      ...{ payments: PAYMENTS, executor: ModelExecutor, verifications: VERIFICATIONS },
      ...{ proofs: ProveOutput, clock: CLOCK, metrics: GatewayMetrics, logger: LOGGER },
      transfers: OfferedTransfers,
    },
    ({ payments, executor, verifications, proofs, transfers, clock, metrics, logger }) => {
      if (config.TOUCHSTONE_PAYMENT_MODE === 'off') return undefined;
      return new PaidInference({
        terms: termsOf(config),
        payments: measuredPayments(payments, metrics),
        reader: new X402PaymentReader(termsOf(config)),
        executor,
        verifications: measuredStore(verifications, metrics),
        ...{ links, proofs, transfers },
        urlOf: (target) => links.target(target),
        warnings: warningsOf(metrics, logger),
        nowMs: () => clock.nowMs(),
      });
    },
  );
}

function paidProofs(config: Config, links: Links) {
  return provide(
    PAID_PROOFS,
    {
      ...{ payments: PAYMENTS, answers: EXECUTION_PROOFS, transfers: OfferedTransfers },
      ...{ metrics: GatewayMetrics, logger: LOGGER },
    },
    ({ payments, answers, transfers, metrics, logger }) => {
      if (config.TOUCHSTONE_PAYMENT_MODE === 'off') return undefined;
      const terms = termsOf(config);
      const requests = new PaidRequests({
        ...{ terms, answers, transfers },
        payments: measuredPayments(payments, metrics),
        reader: new X402PaymentReader(terms),
        urlOf: (target) => links.target(target),
        warnings: warningsOf(metrics, logger),
      });
      return { requests, terms };
    },
  );
}

function warningsOf(metrics: GatewayMetrics, logger: Logger): PaymentWarnings {
  return {
    releaseFailed: (reservationId, error) => {
      metrics.paymentWarning('release-failed');
      logger.warn({ reservationId, err: error }, 'a reservation could not be given back and will run out');
    },
    renewalFailed: (reservationId, error) => {
      metrics.paymentWarning('renewal-failed');
      logger.warn({ reservationId, err: error }, 'the lease of a payment could not be renewed');
    },
    settleUnknown: (reservationId, error) => {
      metrics.paymentWarning('settle-unknown');
      logger.warn({ reservationId, err: error }, 'the outcome of a settlement is not known yet');
    },
  };
}

/** Of answers and of proofs. */
function settleExecuted() {
  return provide(
    SETTLE_EXECUTED,
    {
      ...{ payments: PAYMENTS, verifications: VERIFICATIONS, proofs: EXECUTION_PROOFS },
      ...{ clock: CLOCK, metrics: GatewayMetrics, logger: LOGGER },
    },
    ({ payments, verifications, proofs, clock, metrics, logger }) =>
      [verifications, proofs].map(
        (answers) =>
          new SettleExecuted({
            payments,
            answers,
            nowMs: () => clock.nowMs(),
            onError: (reservationId, error) => {
              metrics.paymentWarning('settle-unknown');
              logger.warn(
                { reservationId, err: error },
                'nobody took up the settlement of an answer that is stored',
              );
            },
          }),
      ),
  );
}

function termsOf(config: Config): PaymentTerms {
  const payTo = config.TOUCHSTONE_PAY_TO;
  if (payTo === undefined) {
    throw new AppError('config-invalid', 'TOUCHSTONE_PAY_TO is needed when TOUCHSTONE_PAYMENT_MODE is x402.');
  }
  return {
    network: config.TOUCHSTONE_PAYMENT_NETWORK as PaymentTerms['network'],
    asset: config.TOUCHSTONE_PAYMENT_ASSET,
    assetName: config.TOUCHSTONE_PAYMENT_ASSET_NAME,
    assetVersion: config.TOUCHSTONE_PAYMENT_ASSET_VERSION,
    payTo,
  };
}
