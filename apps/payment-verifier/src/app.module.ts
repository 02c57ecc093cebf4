import { Module, type DynamicModule } from '@nestjs/common';
import { services } from '@touchstone/contracts';
import { MeshModule, RpcClient } from '@touchstone/nats';
import { BearerTokens, type ServiceContext } from '@touchstone/platform';
import {
  dropInbox,
  Outbox,
  OutboxModule,
  PostgresModule,
  RememberSequences1785710000000,
  uuidV7,
  type PostgresOptions,
} from '@touchstone/postgres';
import { DataSource } from 'typeorm';
import { EvmLaneChain, EvmNode, PostgresLaneStore, RpcLaneSigner, TransactionLane } from '@touchstone/evm';
import { EvmSettlementChain } from './adapters/evm/evm-settlement-chain.js';
import { EvmToken } from './adapters/evm/evm-token.js';
import { EvmSettlementLane, watchUndone } from './adapters/evm/settlement-lane.js';
import { OfficialFacilitator } from './adapters/x402/official-facilitator.js';
import type { Config } from './config.js';
import { FacilitatePayment } from './domain/facilitate-payment.js';
import { PaymentDesk } from './domain/payment-desk.js';
import { RecoverSettlements } from './domain/recover-settlements.js';
import { SettleOwed } from './domain/settle-owed.js';
import { PrometheusPaymentMetrics } from './metrics.js';
import { CreatePayments1785000000000 } from './persistence/migrations/create-payments-1785000000000.js';
import { FollowPayments1785400000000 } from './persistence/migrations/follow-payments-1785400000000.js';
import { ShareLanes1785500000000 } from './persistence/migrations/share-lanes-1785500000000.js';
import { OwePayments1785600000000 } from './persistence/migrations/owe-payments-1785600000000.js';
import { PostgresReservationStore } from './persistence/postgres-reservation-store.js';
import { ReservationOwner } from './persistence/reservation-owner.js';
import { FacilitatorController } from './transport/http/facilitator.controller.js';
import { PaymentRpcController } from './transport/nats/payment-rpc.controller.js';

/** How the payment-verifier reaches its schema; also used by the command `migrate`. */
export function postgresOptions(config: Config): PostgresOptions {
  return {
    url: config.DATABASE_URL,
    schema: services['payment-verifier'].schema,
    migrations: [
      CreatePayments1785000000000,
      FollowPayments1785400000000,
      ShareLanes1785500000000,
      OwePayments1785600000000,
      dropInbox(services['payment-verifier'].schema),
      RememberSequences1785710000000,
    ],
    poolMax: config.TOUCHSTONE_DATABASE_POOL_MAX,
    applicationName: 'payment-verifier',
    statementTimeoutMs: config.TOUCHSTONE_DATABASE_STATEMENT_TIMEOUT_MS,
  };
}

/** Wires the payment-verifier. */
@Module({})
export class AppModule {
  static forConfig(config: Config, context: ServiceContext<Config>): DynamicModule {
    return {
      module: AppModule,
      imports: [
        PostgresModule.forRoot(postgresOptions(config)),
        MeshModule.forRoot({
          service: 'payment-verifier',
          url: config.NATS_URL,
          user: config.TOUCHSTONE_NATS_USER,
          password: config.TOUCHSTONE_NATS_PASSWORD ?? '',
          provisioned: { streams: ['PAYMENT'] },
        }),
        OutboxModule,
      ],
      controllers: [FacilitatorController, PaymentRpcController],
      providers: [...adapters(config, context), ...useCases(config, context)],
    };
  }
}

function adapters(config: Config, context: ServiceContext<Config>) {
  return [
    {
      provide: BearerTokens,
      useFactory: () => BearerTokens.of(config.TOUCHSTONE_FACILITATOR_TOKENS ?? {}),
    },
    {
      provide: EvmNode,
      useFactory: () =>
        EvmNode.overHttp(
          config.TOUCHSTONE_EVM_RPC_URL,
          config.TOUCHSTONE_PAYMENT_NETWORK,
          config.TOUCHSTONE_EVM_RPC_TIMEOUT_MS,
        ),
    },
    {
      provide: EvmToken,
      inject: [EvmNode],
      useFactory: (node: EvmNode) => new EvmToken(node, config.TOUCHSTONE_PAYMENT_ASSET),
    },
    {
      provide: EvmSettlementChain,
      inject: [EvmNode],
      useFactory: (node: EvmNode) => new EvmSettlementChain(node, config.TOUCHSTONE_PAYMENT_CONFIRMATIONS),
    },
    {
      provide: RpcLaneSigner,
      inject: [RpcClient],
      useFactory: (rpc: RpcClient) => new RpcLaneSigner(rpc, 'settlement'),
    },
    {
      provide: PostgresReservationStore,
      inject: [DataSource, Outbox],
      useFactory: (dataSource: DataSource, outbox: Outbox) =>
        new PostgresReservationStore(dataSource, outbox),
    },
    {
      provide: EvmSettlementLane,
      inject: [
        DataSource,
        EvmNode,
        EvmSettlementChain,
        RpcLaneSigner,
        PostgresReservationStore,
        PrometheusPaymentMetrics,
      ],
      useFactory: (
        dataSource: DataSource,
        node: EvmNode,
        chain: EvmSettlementChain,
        signer: RpcLaneSigner,
        store: PostgresReservationStore,
        metrics: PrometheusPaymentMetrics,
      ) => makeLane(config, context, { dataSource, node, chain, signer, store, metrics }),
    },
    {
      provide: OfficialFacilitator,
      inject: [EvmNode, EvmSettlementChain, RpcLaneSigner, EvmSettlementLane],
      useFactory: (
        node: EvmNode,
        chain: EvmSettlementChain,
        signer: RpcLaneSigner,
        lane: EvmSettlementLane,
      ) =>
        new OfficialFacilitator({
          node,
          chain,
          account: () => signer.account(),
          relayOf: (reservationId) => lane.relayOf(reservationId),
          confirmationTimeoutMs: config.TOUCHSTONE_SETTLE_TIMEOUT_MS,
          asset: config.TOUCHSTONE_PAYMENT_ASSET,
          nowMs: () => context.clock.nowMs(),
        }),
    },
    {
      provide: PrometheusPaymentMetrics,
      inject: [PostgresReservationStore, RpcLaneSigner, EvmNode, EvmSettlementChain],
      useFactory: (
        store: PostgresReservationStore,
        signer: RpcLaneSigner,
        node: EvmNode,
        chain: EvmSettlementChain,
      ) =>
        new PrometheusPaymentMetrics(context.metrics, {
          openReservations: () => store.countOpen(),
          relayerWei: async () => new EvmLaneChain(node).balance(await signer.account()),
          logRangeBlocks: () => chain.search.rangeBlocks,
        }),
    },
  ];
}

function useCases(config: Config, context: ServiceContext<Config>) {
  const nowMs = () => context.clock.nowMs();
  return [
    {
      provide: PaymentDesk,
      inject: [
        PostgresReservationStore,
        EvmSettlementChain,
        OfficialFacilitator,
        PrometheusPaymentMetrics,
        EvmToken,
      ],
      useFactory: (
        store: PostgresReservationStore,
        chain: EvmSettlementChain,
        facilitator: OfficialFacilitator,
        metrics: PrometheusPaymentMetrics,
        token: EvmToken,
      ) =>
        new PaymentDesk({
          store,
          chain,
          facilitator,
          metrics,
          nowMs,
          newId: uuidV7,
          leaseMs: config.TOUCHSTONE_PAYMENT_LEASE_SECONDS * 1_000,
          contractPaymentsPerMinuteMax: config.TOUCHSTONE_CONTRACT_PAYMENTS_PER_MINUTE_MAX,
          validityMinSeconds: config.TOUCHSTONE_PAYMENT_VALIDITY_MIN_SECONDS,
          policy: {
            network: config.TOUCHSTONE_PAYMENT_NETWORK,
            asset: config.TOUCHSTONE_PAYMENT_ASSET,
            recipients: config.TOUCHSTONE_PAYMENT_RECIPIENTS,
            token: () => token.known,
          },
        }),
    },
    {
      provide: FacilitatePayment,
      inject: [PaymentDesk, PostgresReservationStore, OfficialFacilitator],
      useFactory: (desk: PaymentDesk, store: PostgresReservationStore, facilitator: OfficialFacilitator) =>
        new FacilitatePayment({ desk, store, facilitator }),
    },
    {
      provide: RecoverSettlements,
      inject: [PaymentDesk, PostgresReservationStore, EvmSettlementLane, PrometheusPaymentMetrics],
      useFactory: (
        desk: PaymentDesk,
        store: PostgresReservationStore,
        lane: EvmSettlementLane,
        metrics: PrometheusPaymentMetrics,
      ) =>
        new RecoverSettlements({
          store,
          lane,
          desk: desk.closing,
          nowMs,
          onError: (error, reservationId) => {
            metrics.recoveryFailed();
            context.logger.warn({ err: error, reservationId }, 'an open payment could not be looked at');
          },
        }),
    },
    {
      provide: SettleOwed,
      inject: [PaymentDesk, PostgresReservationStore, PrometheusPaymentMetrics],
      useFactory: (desk: PaymentDesk, store: PostgresReservationStore, metrics: PrometheusPaymentMetrics) =>
        new SettleOwed({
          store,
          desk: desk.closing,
          settling: desk.settling,
          nowMs,
          onError: (error, reservationId) => {
            metrics.recoveryFailed();
            context.logger.warn({ err: error, reservationId }, 'an owed payment could not be settled yet');
          },
        }),
    },
  ];
}

/**
 * Milliseconds that the lane of a settlement key which was replaced may hold up that of the next. An authorisation lives
 * for two minutes at most, so that what waits for the old key longer fails by itself.
 */
export const SETTLEMENT_DRAIN_MS = 60_000;

function makeLane(
  config: Config,
  { clock, logger }: ServiceContext<Config>,
  parts: {
    readonly dataSource: DataSource;
    readonly node: EvmNode;
    readonly chain: EvmSettlementChain;
    readonly signer: RpcLaneSigner;
    readonly store: PostgresReservationStore;
    readonly metrics: PrometheusPaymentMetrics;
  },
): EvmSettlementLane {
  const { dataSource, node, chain, signer, store, metrics } = parts;
  const nowMs = () => clock.nowMs();
  const laneStore = new PostgresLaneStore<undefined>(dataSource, {
    schema: services['payment-verifier'].schema,
    network: node.network,
    owner: new ReservationOwner(nowMs),
    drainMs: SETTLEMENT_DRAIN_MS,
    nowMs,
  });
  const lane = new TransactionLane<undefined>({
    chain: new EvmLaneChain(node, 'settlement'),
    store: laneStore,
    signer,
    feePerGasMax: BigInt(config.TOUCHSTONE_EVM_FEE_PER_GAS_MAX_WEI),
    confirmations: BigInt(config.TOUCHSTONE_PAYMENT_CONFIRMATIONS),
    stuckBlocks: BigInt(config.TOUCHSTONE_EVM_STUCK_BLOCKS),
    drainMs: SETTLEMENT_DRAIN_MS,
    nowMs,
    onPlacing: watchUndone({
      store,
      chain,
      onUndone: ({ id }) => {
        metrics.undone();
        logger.error({ reservationId: id }, 'a settlement that was answered cannot be made again');
      },
    }),
    onEvent: ({ kind, transaction: { subject, account, nonce } }) => {
      metrics.transaction(kind);
      if (kind !== 'mined')
        logger.warn({ event: kind, reservationId: subject, account, nonce }, 'a settlement is followed');
    },
    onError: (error, { subject }) => {
      metrics.recoveryFailed();
      logger.warn({ err: error, reservationId: subject }, 'a settlement could not be looked at');
    },
  });
  return new EvmSettlementLane(lane);
}
