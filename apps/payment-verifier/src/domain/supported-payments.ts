import type { PaymentAsset, RpcResponse } from '@touchstone/contracts';
import type { TransferLimits } from './judge-transfer.js';
import type { SettleableKinds } from './ports.js';

/** The token that payments are made in. */
export interface PaymentToken {
  /** What the token says of itself. @throws AppError `dependency-unavailable` */
  asset(): Promise<PaymentAsset>;
}

/** Tells the inference-gateway what it may offer to its callers. */
export class SupportedPayments {
  constructor(
    private readonly kinds: SettleableKinds,
    private readonly token: PaymentToken,
    private readonly transfers: TransferLimits,
  ) {}

  /** @throws AppError `dependency-unavailable` */
  async all(): Promise<RpcResponse<'payment-verifier', 'supported'>> {
    const [supported, asset] = await Promise.all([this.kinds.supported(), this.token.asset()]);
    // A gateway of the version before takes a member more in here, and none beside it.
    return { supported: { ...supported, transfers: { ...this.transfers } }, asset };
  }
}
