import { AppError, shortText } from '@touchstone/contracts';
import { newestAttempt, nodeUnavailable, type EvmNode } from '@touchstone/evm';
import { x402Facilitator } from '@x402/core/facilitator';
import { ExactEvmScheme } from '@x402/evm/exact/facilitator';
import type { Hex } from 'viem';
import type { Payment } from '../../domain/payment.js';
import type { Facilitator, SettleableKinds, SettleAttempt, Verdict } from '../../domain/ports.js';
import { REASON_MESSAGE_CHARACTERS_MAX } from '../../domain/read-payment.js';
import { reasons } from '../../domain/reasons.js';
import type { Reservation, Settlement } from '../../domain/reservation.js';
import { transferOf, type TokenLog } from '../evm/authorization-logs.js';
import type { EvmSettlementChain } from '../evm/evm-settlement-chain.js';
import { TokenCode } from '../evm/token-code.js';
import { SettlementSession, type Relay } from './settlement-session.js';
import { VerifiedTransfers } from './verified-transfers.js';

/** What {@link OfficialFacilitator} needs. */
export interface FacilitatorParts {
  readonly node: EvmNode;
  readonly chain: EvmSettlementChain;
  /** The relayer's address; `dependency-unavailable` while the signer does not answer. */
  readonly account: () => Promise<string>;
  readonly relayOf: (reservationId: string) => Relay;
  readonly confirmationTimeoutMs: number;
  /** `0x` and lower case. */
  readonly asset: string;
  readonly nowMs: () => number;
}

type NetworkName = `${string}:${string}`;

/**
 * The official x402 facilitator (`exact` on EVM) on our node, our transaction journal and the signer's key. One small
 * facilitator is made per call, because its signer interface does not say which payment a transaction is for.
 */
export class OfficialFacilitator implements Facilitator, SettleableKinds {
  private readonly tokenCode: TokenCode;
  private readonly verified: VerifiedTransfers;

  constructor(private readonly parts: FacilitatorParts) {
    this.tokenCode = new TokenCode(parts.asset);
    this.verified = new VerifiedTransfers(parts.nowMs);
  }

  async verify(payment: Payment): Promise<Verdict> {
    const { session, facilitator } = await this.open();
    await session.knowToken().catch((error: unknown) => thrown(session, error));
    const answer = await facilitator
      .verify(payment.payload, payment.requirements)
      .catch((error: unknown) => thrown(session, error));
    if (answer.isValid) {
      if (session.transfer !== undefined) this.verified.remember(payment, session.transfer);
      return { valid: true };
    }
    // An invalid verdict that rests on a question without an answer is no verdict.
    if (session.failure !== undefined) throw unavailable(session.failure);
    return {
      valid: false,
      reason: answer.invalidReason ?? reasons.payload,
      ...message(answer.invalidMessage),
    };
  }

  isVerified(payment: Payment): boolean {
    return this.verified.has(payment);
  }

  async settle(reservation: Reservation, payment: Payment): Promise<SettleAttempt> {
    const { session, facilitator } = await this.open(reservation);
    if (reservation.state === 'reserved') {
      await session.knowToken().catch((error: unknown) => thrown(session, error));
      await this.sendVerified(session, payment);
    }
    const answer = await facilitator
      .settle(payment.payload, payment.requirements)
      .catch((error: unknown) => thrown(session, error));
    const { receipt } = session;
    if (session.transaction === undefined) {
      if (session.failure !== undefined) throw unavailable(session.failure);
      return {
        kind: 'refused',
        reason: answer.errorReason ?? reasons.transactionFailed,
        ...message(answer.errorMessage),
      };
    }
    // Something was stored, perhaps sent: the answer of the facilitator no longer counts, only the receipt does.
    const transaction = receipt?.transactionHash ?? newestAttempt(session.transaction).hash;
    if (receipt === undefined) return { kind: 'pending', transaction };
    const logIndex =
      receipt.status === 'success' ? transferOf(receipt.logs as readonly TokenLog[], reservation) : undefined;
    if (!answer.success || logIndex === undefined) return { kind: 'reverted', transaction };
    return {
      kind: 'confirmed',
      transfer: { transaction, logIndex },
      settlement: { ...answer, transaction } as Settlement,
    };
  }

  /**
   * Sends what was verified moments ago; the facilitator then joins the transaction. A transfer that the chain would
   * refuse now is left to the facilitator, which finds out why and says so in its own words.
   *
   * @throws AppError when nobody answered, or nothing was signed
   */
  private async sendVerified(session: SettlementSession, payment: Payment): Promise<void> {
    const call = this.verified.take(payment);
    if (call === undefined) return;
    try {
      await session.readContract(call);
    } catch {
      if (session.failure !== undefined) throw unavailable(session.failure);
      return;
    }
    await session.writeContract(call).catch((error: unknown) => thrown(session, error));
  }

  async supported(): Promise<Record<string, unknown>> {
    const { facilitator } = await this.open();
    return { ...facilitator.getSupported() };
  }

  private async open(
    reservation?: Reservation,
  ): Promise<{ session: SettlementSession; facilitator: x402Facilitator }> {
    const { node, chain, account, relayOf, confirmationTimeoutMs } = this.parts;
    const relay = reservation && relayOf(reservation.id);
    await node.assertChain();
    const session = new SettlementSession({
      node,
      chain,
      account: (await account()) as Hex,
      tokenCode: this.tokenCode,
      confirmationTimeoutMs,
      ...(relay === undefined ? {} : { relay }),
    });
    const scheme = new ExactEvmScheme(session, {
      // Simulated right before it is signed, so that a cancelled or emptied authorisation costs no gas.
      simulateInSettle: true,
      pendingSettlementStore: storedTransaction(session, reservation, relay),
    });
    return { session, facilitator: new x402Facilitator().register(node.network as NetworkName, scheme) };
  }
}

/** The lane is the store of pending settlements: the facilitator joins the reservation's transaction, if there is one. */
function storedTransaction(
  session: SettlementSession,
  reservation: Reservation | undefined,
  relay: Relay | undefined,
) {
  return {
    get: async () => {
      if (relay === undefined) return undefined;
      if (session.transaction === undefined && reservation?.state === 'settling')
        session.transaction = await relay.stored();
      return session.transaction && (newestAttempt(session.transaction).hash as Hex);
    },
    set: async () => undefined,
    delete: async () => undefined,
  };
}

/** The facilitator throws on a question without an answer, and on nothing else once the shape was checked. */
function thrown(session: SettlementSession, error: unknown): never {
  throw session.failure === undefined ? error : unavailable(session.failure);
}

function unavailable(failure: unknown): unknown {
  return failure instanceof AppError ? failure : nodeUnavailable(failure);
}

function message(text: string | undefined): { message?: string } {
  return text === undefined ? {} : { message: shortText(text, REASON_MESSAGE_CHARACTERS_MAX) };
}
