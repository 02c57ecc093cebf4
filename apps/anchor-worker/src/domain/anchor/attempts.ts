import type { Attempt, OpenAnchor } from './anchor.js';
import { currentAttempt } from './anchor.js';
import type { AnchorChain, AnchorStore, TransactionSigner } from './anchor-ports.js';
import { chooseFees, gasLimit, raiseFees, type Fees } from './fees.js';

/** Bounds of what one transaction may cost. */
export interface CostLimits {
  readonly gasMax: bigint;
  readonly feePerGasMax: bigint;
}

/** Prices and signs the transactions of anchors. Nothing here is sent. */
export class Attempts {
  constructor(
    private readonly chain: AnchorChain,
    private readonly signer: TransactionSigner,
    private readonly store: Pick<AnchorStore, 'nextNonce'>,
    private readonly limits: CostLimits,
  ) {}

  /** The first attempt of an anchor, or one with a new nonce because another transaction took the old one. */
  async fresh(submitter: string, commitment: Uint8Array, size: bigint): Promise<Attempt> {
    const data = this.chain.anchorData(commitment, size);
    const [estimate, market, nonce] = await Promise.all([
      this.chain.estimateGas(submitter, data),
      this.chain.fees(),
      this.nonceOf(submitter),
    ]);
    const gas = gasLimit(estimate, this.limits.gasMax);
    return this.sign({ nonce, data, gas, fees: chooseFees(market, this.limits.feePerGasMax) });
  }

  /**
   * A replacement with the same nonce and higher fees.
   *
   * @returns `undefined` when the cap leaves no room
   */
  async replacement(anchor: OpenAnchor): Promise<Attempt | undefined> {
    const before = currentAttempt(anchor);
    const fees = raiseFees(before, await this.chain.fees(), this.limits.feePerGasMax);
    if (fees === undefined) return undefined;
    const data = this.chain.anchorData(anchor.commitment, anchor.checkpointSize);
    return this.sign({ nonce: before.nonce, data, gas: before.gas, fees });
  }

  /**
   * The chain knows nonces that this database has forgotten after a restore; the database knows nonces that wait
   * outside a block. The larger one is free in both.
   */
  private async nonceOf(submitter: string): Promise<number> {
    const [inChain, inStore] = await Promise.all([
      this.chain.transactionCount(submitter),
      this.store.nextNonce(submitter),
    ]);
    return Math.max(inChain, inStore ?? 0);
  }

  private async sign(parts: { nonce: number; data: string; gas: bigint; fees: Fees }): Promise<Attempt> {
    const { nonce, data, gas, fees } = parts;
    const { chainId, contract } = this.chain;
    const signed = await this.signer.sign({ chainId, nonce, to: contract, data, gas, ...fees });
    return { nonce, gas, ...fees, raw: signed.raw, hash: signed.hash, sentAtBlock: null };
  }
}
