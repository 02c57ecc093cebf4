import { services } from '@touchstone/contracts';
import {
  EvmLaneChain,
  PostgresLaneStore,
  TransactionLane,
  type EvmNode,
  type RpcLaneSigner,
} from '@touchstone/evm';
import type { ServiceContext } from '@touchstone/platform/wiring';
import type { DataSource } from 'typeorm';
import type { EvmSettlementChain } from '../adapters/evm/evm-settlement-chain.js';
import { EvmSettlementLane, watchUndone } from '../adapters/evm/settlement-lane.js';
import type { Config } from '../config.js';
import type { PrometheusPaymentMetrics } from '../metrics.js';
import type { PostgresReservationStore } from '../persistence/postgres-reservation-store.js';
import { PostgresReservationOwner } from '../persistence/postgres-reservation-owner.js';

/**
 * Milliseconds that the lane of a settlement key which was replaced may hold up that of the next. An authorisation lives
 * for two minutes at most, so that what waits for the old key longer fails by itself.
 */
export const SETTLEMENT_DRAIN_MS = 60_000;

/** Makes the lane in which settlements are sent. */
export function settlementLane(
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
    owner: new PostgresReservationOwner(nowMs),
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
