import { Module, type DynamicModule } from '@nestjs/common';
import { AppError } from '@touchstone/contracts';
import { RpcClient } from '@touchstone/nats';
import { BUILD_INFO, CLOCK, LOGGER, type BuildInfo, type Clock, type Logger } from '@touchstone/platform';
import { Outbox, uuidV7 } from '@touchstone/postgres';
import { randomBytes } from 'node:crypto';
import { DataSource } from 'typeorm';
import { RpcPayments } from './adapters/payment-verifier/rpc-payments.js';
import { X402PaymentReader } from './adapters/x402/x402-payment-reader.js';
import type { Config } from './config.js';
import { ModelExecutor } from './domain/inference/execute-model.js';
import { INFER_MODEL, InferModel } from './domain/inference/infer-model.js';
import { MODEL_RUNNER, type ModelRunner } from './domain/inference/model-runner.js';
import { SIGNER, type Signer } from './domain/inference/signer.js';
import { VERIFICATIONS, type VerificationStore } from './domain/inference/verification.js';
import { COMMITMENT_KEEPER, type CommitmentKeeper } from './domain/model/commitment-keeper.js';
import { MODEL_CATALOGUE, type ModelCatalogue } from './domain/model/model-catalogue.js';
import { LastNodeStatus, NODE_STATUS, type NodeStatus } from './domain/node/node-status.js';
import { PaidInference } from './domain/payment/paid-inference.js';
import { SETTLE_EXECUTED, SettleExecuted } from './domain/payment/settle-executed.js';
import { PAYMENTS, type PaymentPort, type PaymentTerms } from './domain/payment/payment.js';
import { measuredPayments, measuredRunner, measuredSigner, measuredStore } from './measured-ports.js';
import { GATEWAY_METRICS, type GatewayMetrics } from './metrics.js';
import { VerificationRepository } from './persistence/verification-repository.js';
import { LINKS, Links } from './transport/http/links.js';

const EXECUTOR = Symbol('ModelExecutor');
const PAID_INFERENCE = Symbol('PaidInference');

/** The way of one request, free or paid. */
@Module({})
export class InferenceModule {
  static forConfig(config: Config): DynamicModule {
    const links = new Links(config.TOUCHSTONE_PUBLIC_URL, config.TOUCHSTONE_EVIDENCE_URL);
    return {
      module: InferenceModule,
      global: true,
      providers: [
        { provide: LINKS, useValue: links },
        { provide: PAYMENTS, inject: [RpcClient], useFactory: (rpc: RpcClient) => new RpcPayments(rpc) },
        {
          provide: NODE_STATUS,
          inject: [CLOCK],
          useFactory: (clock: Clock) => new LastNodeStatus(config.TOUCHSTONE_NODE_ID, () => clock.nowMs()),
        },
        {
          provide: VERIFICATIONS,
          inject: [DataSource, Outbox, CLOCK],
          useFactory: (dataSource: DataSource, outbox: Outbox, clock: Clock) =>
            new VerificationRepository(dataSource, outbox, () => clock.nowMs()),
        },
        {
          provide: EXECUTOR,
          inject: [MODEL_RUNNER, SIGNER, COMMITMENT_KEEPER, NODE_STATUS, BUILD_INFO, CLOCK, GATEWAY_METRICS],
          useFactory: makeExecutor,
        },
        {
          provide: PAID_INFERENCE,
          inject: [PAYMENTS, EXECUTOR, VERIFICATIONS, CLOCK, GATEWAY_METRICS, LOGGER],
          useFactory: makePaidInference(config, links),
        },
        {
          provide: SETTLE_EXECUTED,
          inject: [PAYMENTS, VERIFICATIONS, CLOCK, GATEWAY_METRICS, LOGGER],
          useFactory: makeSettleExecuted,
        },
        {
          provide: INFER_MODEL,
          inject: [MODEL_CATALOGUE, EXECUTOR, VERIFICATIONS, CLOCK, GATEWAY_METRICS, PAID_INFERENCE],
          useFactory: (
            catalogue: ModelCatalogue,
            executor: ModelExecutor,
            verifications: VerificationStore,
            clock: Clock,
            metrics: GatewayMetrics,
            paid: PaidInference | undefined,
          ) =>
            new InferModel({
              catalogue,
              executor,
              verifications: measuredStore(verifications, metrics),
              links,
              nowMs: () => clock.nowMs(),
              paid,
            }),
        },
      ],
      exports: [LINKS, NODE_STATUS, VERIFICATIONS, INFER_MODEL, SETTLE_EXECUTED],
    };
  }
}

function makeExecutor(
  runner: ModelRunner,
  signer: Signer,
  commitments: CommitmentKeeper,
  node: NodeStatus,
  { service, version, hash }: BuildInfo,
  clock: Clock,
  metrics: GatewayMetrics,
): ModelExecutor {
  return new ModelExecutor({
    runner: measuredRunner(runner, metrics),
    signer: measuredSigner(signer, metrics),
    commitments,
    node,
    build: { service, version, hash },
    nowMs: () => clock.nowMs(),
    newId: uuidV7,
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
  });
}

function makePaidInference(config: Config, links: Links) {
  return (
    payments: PaymentPort,
    executor: ModelExecutor,
    verifications: VerificationStore,
    clock: Clock,
    metrics: GatewayMetrics,
    logger: Logger,
  ): PaidInference | undefined => {
    if (config.TOUCHSTONE_PAYMENT_MODE === 'off') return undefined;
    return new PaidInference({
      terms: termsOf(config),
      payments: measuredPayments(payments, metrics),
      reader: new X402PaymentReader(),
      executor,
      verifications: measuredStore(verifications, metrics),
      links,
      urlOf: (target) => links.target(target),
      warnings: {
        releaseFailed: (reservationId, error) => {
          metrics.paymentWarning('release-failed');
          logger.warn(
            { reservationId, err: error },
            'a reservation could not be given back and will run out',
          );
        },
        renewalFailed: (reservationId, error) => {
          metrics.paymentWarning('renewal-failed');
          logger.warn({ reservationId, err: error }, 'the lease of a payment could not be renewed');
        },
        settleUnknown: (reservationId, error) => {
          metrics.paymentWarning('settle-unknown');
          logger.warn({ reservationId, err: error }, 'the outcome of a settlement is not known yet');
        },
      },
      nowMs: () => clock.nowMs(),
    });
  };
}

function makeSettleExecuted(
  payments: PaymentPort,
  verifications: VerificationStore,
  clock: Clock,
  metrics: GatewayMetrics,
  logger: Logger,
): SettleExecuted {
  return new SettleExecuted({
    payments,
    verifications,
    nowMs: () => clock.nowMs(),
    onError: (reservationId, error) => {
      metrics.paymentWarning('settle-unknown');
      logger.warn({ reservationId, err: error }, 'nobody took up the settlement of an answer that is stored');
    },
  });
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
