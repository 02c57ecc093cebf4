import { provide, type ServiceContext } from '@touchstone/platform/wiring';
import { uuidV7 } from '@touchstone/postgres';
import { EvmSettlementChain } from '../adapters/evm/evm-settlement-chain.js';
import { EvmToken } from '../adapters/evm/evm-token.js';
import { EvmTransfers } from '../adapters/evm/evm-transfers.js';
import { EvmSettlementLane } from '../adapters/evm/settlement-lane.js';
import { OfficialFacilitator } from '../adapters/x402/official-facilitator.js';
import type { Config } from '../config.js';
import { AuthorizeTransfer } from '../domain/authorize-transfer.js';
import { FacilitatePayment } from '../domain/facilitate-payment.js';
import { FollowTransfers } from '../domain/follow-transfers.js';
import type { TransferLimits } from '../domain/judge-transfer.js';
import { PaymentDesk } from '../domain/payment-desk.js';
import type { PaymentPolicy } from '../domain/read-payment.js';
import { RecoverSettlements } from '../domain/recover-settlements.js';
import { SettleOwed } from '../domain/settle-owed.js';
import { SupportedPayments } from '../domain/supported-payments.js';
import { PrometheusPaymentMetrics } from '../metrics.js';
import { PostgresReservationStore } from '../persistence/postgres-reservation-store.js';
import { PostgresTransferStore } from '../persistence/postgres-transfer-store.js';

/** What the payment-verifier does, on the adapters. */
export function useCases(config: Config, context: ServiceContext<Config>) {
  return [...asked(config, context), ...byItself(context)];
}

/** What callers ask for. */
function asked(config: Config, { clock }: ServiceContext<Config>) {
  return [
    provide(
      PaymentDesk,
      {
        ...{ store: PostgresReservationStore, chain: EvmSettlementChain, facilitator: OfficialFacilitator },
        ...{ metrics: PrometheusPaymentMetrics, token: EvmToken },
      },
      ({ token, ...ports }) =>
        new PaymentDesk({
          ...ports,
          nowMs: () => clock.nowMs(),
          newId: uuidV7,
          leaseMs: config.TOUCHSTONE_PAYMENT_LEASE_SECONDS * 1_000,
          contractPaymentsPerMinuteMax: config.TOUCHSTONE_CONTRACT_PAYMENTS_PER_MINUTE_MAX,
          validityMinSeconds: config.TOUCHSTONE_PAYMENT_VALIDITY_MIN_SECONDS,
          policy: { ...policyOf(config), token: () => token.known },
        }),
    ),
    authorizeTransfer(config, clock),
    provide(
      FacilitatePayment,
      { desk: PaymentDesk, store: PostgresReservationStore, facilitator: OfficialFacilitator },
      (parts) => new FacilitatePayment(parts),
    ),
    provide(
      SupportedPayments,
      { facilitator: OfficialFacilitator, token: EvmToken },
      ({ facilitator, token }) => new SupportedPayments(facilitator, token, transferLimitsOf(config)),
    ),
  ];
}

function authorizeTransfer(config: Config, clock: ServiceContext<Config>['clock']) {
  return provide(
    AuthorizeTransfer,
    {
      ...{ desk: PaymentDesk, store: PostgresReservationStore, transfers: PostgresTransferStore },
      ...{ reader: EvmTransfers, chain: EvmSettlementChain, metrics: PrometheusPaymentMetrics },
    },
    ({ desk, ...ports }) =>
      new AuthorizeTransfer({
        ...ports,
        signatures: desk.signatures,
        known: desk.known,
        policy: policyOf(config),
        limits: transferLimitsOf(config),
        nowMs: () => clock.nowMs(),
        newId: uuidV7,
        leaseMs: config.TOUCHSTONE_PAYMENT_LEASE_SECONDS * 1_000,
      }),
  );
}

function policyOf(config: Config): PaymentPolicy {
  return {
    network: config.TOUCHSTONE_PAYMENT_NETWORK,
    asset: config.TOUCHSTONE_PAYMENT_ASSET,
    recipients: config.TOUCHSTONE_PAYMENT_RECIPIENTS,
  };
}

function transferLimitsOf(config: Config): TransferLimits {
  return {
    confirmations: config.TOUCHSTONE_TRANSFER_CONFIRMATIONS,
    maxAgeSeconds: config.TOUCHSTONE_TRANSFER_AGE_MAX_SECONDS,
  };
}

/** What is done without being asked. */
function byItself({ clock, logger }: ServiceContext<Config>) {
  const nowMs = () => clock.nowMs();
  const needs = { desk: PaymentDesk, store: PostgresReservationStore, metrics: PrometheusPaymentMetrics };
  return [
    provide(
      RecoverSettlements,
      { ...needs, lane: EvmSettlementLane },
      ({ desk, store, lane, metrics }) =>
        new RecoverSettlements({
          store,
          lane,
          desk: desk.closing,
          nowMs,
          onError: (error, reservationId) => {
            metrics.recoveryFailed();
            logger.warn({ err: error, reservationId }, 'an open payment could not be looked at');
          },
        }),
    ),
    provide(
      FollowTransfers,
      { transfers: PostgresTransferStore, reader: EvmTransfers, metrics: PrometheusPaymentMetrics },
      ({ transfers, reader, metrics }) =>
        new FollowTransfers({
          ...{ transfers, reader, metrics, nowMs },
          onDropped: ({ id }) => {
            metrics.undone();
            logger.error({ reservationId: id }, 'a transfer that was answered for was dropped by the chain');
          },
          onError: (error, reservationId) => {
            metrics.recoveryFailed();
            logger.warn({ err: error, reservationId }, 'a transfer could not be followed');
          },
        }),
    ),
    provide(
      SettleOwed,
      needs,
      ({ desk, store, metrics }) =>
        new SettleOwed({
          store,
          desk: desk.closing,
          settling: desk.settling,
          nowMs,
          onError: (error, reservationId) => {
            metrics.recoveryFailed();
            logger.warn({ err: error, reservationId }, 'an owed payment could not be settled yet');
          },
        }),
    ),
  ];
}
