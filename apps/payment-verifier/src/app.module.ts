import { Module, type DynamicModule } from '@nestjs/common';
import { services } from '@touchstone/contracts';
import { MeshModule, RpcClient } from '@touchstone/nats';
import { BearerTokens, type ServiceContext } from '@touchstone/platform';
import { Outbox, OutboxModule, PostgresModule, uuidV7, type PostgresOptions } from '@touchstone/postgres';
import { DataSource } from 'typeorm';
import { EvmFollowedChain } from './adapters/evm/evm-followed-chain.js';
import { EvmNode } from './adapters/evm/evm-node.js';
import { EvmSettlementChain } from './adapters/evm/evm-settlement-chain.js';
import { SignerRelayerKey } from './adapters/signer/signer-relayer-key.js';
import { OfficialFacilitator } from './adapters/x402/official-facilitator.js';
import type { Config } from './config.js';
import { FacilitatePayment } from './domain/facilitate-payment.js';
import { FollowSettlements } from './domain/follow-settlements.js';
import { PaymentDesk } from './domain/payment-desk.js';
import { RecoverSettlements } from './domain/recover-settlements.js';
import { SettleOwed } from './domain/settle-owed.js';
import { PrometheusPaymentMetrics } from './metrics.js';
import { CreatePayments1785000000000 } from './persistence/migrations/create-payments-1785000000000.js';
import { FollowPayments1785400000000 } from './persistence/migrations/follow-payments-1785400000000.js';
import { OwePayments1785600000000 } from './persistence/migrations/owe-payments-1785600000000.js';
import { PostgresMinedTransactions } from './persistence/postgres-mined-transactions.js';
import { PostgresReservationStore } from './persistence/postgres-reservation-store.js';
import { PostgresTransactionJournal } from './persistence/postgres-transaction-journal.js';
import { FacilitatorController } from './transport/http/facilitator.controller.js';
import { PaymentRpcController } from './transport/nats/payment-rpc.controller.js';

/** How the payment-verifier reaches its schema; also used by the command `migrate`. */
export function postgresOptions(config: Config): PostgresOptions {
  return {
    url: config.DATABASE_URL,
    schema: services['payment-verifier'].schema,
    migrations: [CreatePayments1785000000000, FollowPayments1785400000000, OwePayments1785600000000],
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
  const nowMs = () => context.clock.nowMs();
  return [
    {
      provide: BearerTokens,
      useFactory: () => BearerTokens.of(config.TOUCHSTONE_FACILITATOR_TOKENS ?? {}),
    },
    {
      provide: EvmNode,
      useFactory: () =>
        new EvmNode(
          config.TOUCHSTONE_EVM_RPC_URL,
          config.TOUCHSTONE_PAYMENT_NETWORK,
          config.TOUCHSTONE_EVM_RPC_TIMEOUT_MS,
        ),
    },
    {
      provide: EvmSettlementChain,
      inject: [EvmNode],
      useFactory: (node: EvmNode) => new EvmSettlementChain(node, config.TOUCHSTONE_PAYMENT_CONFIRMATIONS),
    },
    {
      provide: SignerRelayerKey,
      inject: [RpcClient, EvmNode, EvmSettlementChain],
      useFactory: (rpc: RpcClient, node: EvmNode, chain: EvmSettlementChain) =>
        new SignerRelayerKey(rpc, node, chain),
    },
    {
      provide: PostgresReservationStore,
      inject: [DataSource, Outbox],
      useFactory: (dataSource: DataSource, outbox: Outbox) =>
        new PostgresReservationStore(dataSource, outbox),
    },
    {
      provide: PostgresTransactionJournal,
      inject: [DataSource, SignerRelayerKey],
      useFactory: (dataSource: DataSource, key: SignerRelayerKey) =>
        new PostgresTransactionJournal(dataSource, config.TOUCHSTONE_PAYMENT_NETWORK, key, nowMs),
    },
    {
      provide: OfficialFacilitator,
      inject: [EvmNode, EvmSettlementChain, SignerRelayerKey, PostgresTransactionJournal],
      useFactory: (
        node: EvmNode,
        chain: EvmSettlementChain,
        key: SignerRelayerKey,
        journal: PostgresTransactionJournal,
      ) =>
        new OfficialFacilitator({
          node,
          chain,
          account: () => key.account(),
          prepare: (reservationId, call) => journal.prepare(reservationId, call),
          confirmationTimeoutMs: config.TOUCHSTONE_SETTLE_TIMEOUT_MS,
        }),
    },
    {
      provide: PrometheusPaymentMetrics,
      inject: [PostgresReservationStore, SignerRelayerKey],
      useFactory: (store: PostgresReservationStore, key: SignerRelayerKey) =>
        new PrometheusPaymentMetrics(context.metrics, {
          openReservations: () => store.countOpen(),
          relayerWei: () => key.wei(),
        }),
    },
  ];
}

function useCases(config: Config, context: ServiceContext<Config>) {
  const nowMs = () => context.clock.nowMs();
  return [
    {
      provide: PaymentDesk,
      inject: [PostgresReservationStore, EvmSettlementChain, OfficialFacilitator, PrometheusPaymentMetrics],
      useFactory: (
        store: PostgresReservationStore,
        chain: EvmSettlementChain,
        facilitator: OfficialFacilitator,
        metrics: PrometheusPaymentMetrics,
      ) =>
        new PaymentDesk({
          store,
          chain,
          facilitator,
          metrics,
          nowMs,
          newId: uuidV7,
          leaseMs: config.TOUCHSTONE_PAYMENT_LEASE_SECONDS * 1_000,
          validityMinSeconds: config.TOUCHSTONE_PAYMENT_VALIDITY_MIN_SECONDS,
          policy: {
            network: config.TOUCHSTONE_PAYMENT_NETWORK,
            asset: config.TOUCHSTONE_PAYMENT_ASSET,
            recipients: config.TOUCHSTONE_PAYMENT_RECIPIENTS,
          },
        }),
    },
    {
      provide: FacilitatePayment,
      inject: [PaymentDesk, PostgresReservationStore, EvmSettlementChain, OfficialFacilitator],
      useFactory: (
        desk: PaymentDesk,
        store: PostgresReservationStore,
        chain: EvmSettlementChain,
        facilitator: OfficialFacilitator,
      ) => new FacilitatePayment({ desk, store, chain, facilitator }),
    },
    {
      provide: FollowSettlements,
      inject: [DataSource, EvmNode, EvmSettlementChain, PrometheusPaymentMetrics],
      useFactory: (
        dataSource: DataSource,
        node: EvmNode,
        chain: EvmSettlementChain,
        metrics: PrometheusPaymentMetrics,
      ) =>
        new FollowSettlements({
          mined: new PostgresMinedTransactions(dataSource, config.TOUCHSTONE_PAYMENT_NETWORK),
          chain: new EvmFollowedChain(node, chain),
          onReorganised: (transaction) => {
            metrics.reorganised();
            context.logger.warn({ transaction }, 'the chain dropped a settlement; it is sent again');
          },
          onUndone: ({ id }) => {
            metrics.undone();
            context.logger.error(
              { reservationId: id },
              'a settlement that was answered cannot be made again',
            );
          },
        }),
    },
    {
      provide: RecoverSettlements,
      inject: [
        PaymentDesk,
        PostgresReservationStore,
        EvmSettlementChain,
        PostgresTransactionJournal,
        PrometheusPaymentMetrics,
      ],
      useFactory: (
        desk: PaymentDesk,
        store: PostgresReservationStore,
        chain: EvmSettlementChain,
        journal: PostgresTransactionJournal,
        metrics: PrometheusPaymentMetrics,
      ) =>
        new RecoverSettlements({
          store,
          chain,
          journal,
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
