import { EvmLaneChain, EvmNode, RpcLaneSigner } from '@touchstone/evm';
import { RpcClient } from '@touchstone/nats';
import { BearerTokens } from '@touchstone/platform/http';
import { provide, type ServiceContext } from '@touchstone/platform/wiring';
import { Outbox } from '@touchstone/postgres';
import { DataSource } from 'typeorm';
import { EvmSettlementChain } from '../adapters/evm/evm-settlement-chain.js';
import { EvmToken } from '../adapters/evm/evm-token.js';
import { EvmTransfers } from '../adapters/evm/evm-transfers.js';
import { EvmSettlementLane } from '../adapters/evm/settlement-lane.js';
import { OfficialFacilitator } from '../adapters/x402/official-facilitator.js';
import type { Config } from '../config.js';
import { PrometheusPaymentMetrics } from '../metrics.js';
import { PostgresReservationStore } from '../persistence/postgres-reservation-store.js';
import { PostgresTransferStore } from '../persistence/postgres-transfer-store.js';
import { settlementLane } from './settlement-lane.js';

/** The outside world: database, chain, signer, the official facilitator, metrics. */
export function adapters(config: Config, context: ServiceContext<Config>) {
  return [...chain(config), ...payments(config, context), ...metrics(context)];
}

function chain(config: Config) {
  return [
    provide(EvmNode, {}, () =>
      EvmNode.overHttp(
        config.TOUCHSTONE_EVM_RPC_URL,
        config.TOUCHSTONE_PAYMENT_NETWORK,
        config.TOUCHSTONE_EVM_RPC_TIMEOUT_MS,
      ),
    ),
    provide(EvmToken, { node: EvmNode }, ({ node }) => new EvmToken(node, config.TOUCHSTONE_PAYMENT_ASSET)),
    provide(
      EvmTransfers,
      { node: EvmNode },
      ({ node }) => new EvmTransfers(node, config.TOUCHSTONE_TRANSFER_CONFIRMATIONS),
    ),
    provide(
      EvmSettlementChain,
      { node: EvmNode, transfers: EvmTransfers },
      ({ node, transfers }) =>
        new EvmSettlementChain(node, config.TOUCHSTONE_PAYMENT_CONFIRMATIONS, transfers),
    ),
    provide(RpcLaneSigner, { rpc: RpcClient }, ({ rpc }) => new RpcLaneSigner(rpc, 'settlement')),
  ];
}

function payments(config: Config, context: ServiceContext<Config>) {
  const onChain = { node: EvmNode, chain: EvmSettlementChain, signer: RpcLaneSigner };
  return [
    provide(BearerTokens, {}, () => BearerTokens.of(config.TOUCHSTONE_FACILITATOR_TOKENS ?? {})),
    provide(
      PostgresReservationStore,
      { dataSource: DataSource, outbox: Outbox },
      ({ dataSource, outbox }) => new PostgresReservationStore(dataSource, outbox),
    ),
    provide(
      PostgresTransferStore,
      { dataSource: DataSource, outbox: Outbox },
      ({ dataSource, outbox }) => new PostgresTransferStore(dataSource, outbox),
    ),
    provide(
      EvmSettlementLane,
      {
        ...onChain,
        ...{ dataSource: DataSource, store: PostgresReservationStore, metrics: PrometheusPaymentMetrics },
      },
      (parts) => settlementLane(config, context, parts),
    ),
    provide(
      OfficialFacilitator,
      { ...onChain, lane: EvmSettlementLane },
      ({ node, chain, signer, lane }) =>
        new OfficialFacilitator({
          node,
          chain,
          account: () => signer.account(),
          relayOf: (reservationId) => lane.relayOf(reservationId),
          confirmationTimeoutMs: config.TOUCHSTONE_SETTLE_TIMEOUT_MS,
          asset: config.TOUCHSTONE_PAYMENT_ASSET,
          nowMs: () => context.clock.nowMs(),
        }),
    ),
  ];
}

function metrics(context: ServiceContext<Config>) {
  return [
    provide(
      PrometheusPaymentMetrics,
      { store: PostgresReservationStore, signer: RpcLaneSigner, node: EvmNode, chain: EvmSettlementChain },
      ({ store, signer, node, chain }) =>
        new PrometheusPaymentMetrics(context.metrics, {
          openReservations: () => store.countOpen(),
          relayerWei: async () => new EvmLaneChain(node).balance(await signer.account()),
          logRangeBlocks: () => chain.search.rangeBlocks,
        }),
    ),
  ];
}
