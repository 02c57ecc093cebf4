import { AppError } from '@touchstone/contracts';
import { createPublicClient, http, type PublicClient } from 'viem';
import { isUnanswered, nodeUnavailable } from './node-errors.js';

/** Milliseconds that a block and its fees are taken as recent. */
export const HEAD_CACHE_MS = 1_000;
/** Base fees that the fee cap covers: a transaction stays valid through about five full blocks of rising fees. */
export const BASE_FEE_FACTOR = 2n;

/** The end of the chain as the node sees it. */
export interface Head {
  readonly number: bigint;
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** Reads the chain id out of a CAIP-2 name. @throws AppError `config-invalid` */
export function evmChainId(network: string): number {
  const match = /^eip155:([1-9][0-9]{0,14})$/.exec(network);
  if (match === null) throw new AppError('config-invalid', `${network} is no EVM chain in CAIP-2 form.`);
  return Number(match[1]);
}

/** One EVM node. Requests have a time limit and are not repeated: the caller's caller has a deadline too. */
export class EvmNode {
  readonly client: PublicClient;
  readonly chainId: number;
  private head: { readonly at: number; readonly value: Promise<Head> } | undefined;
  private checked = false;

  constructor(
    rpcUrl: string,
    readonly network: string,
    timeoutMs: number,
  ) {
    this.chainId = evmChainId(network);
    this.client = createPublicClient({ transport: http(rpcUrl, { timeout: timeoutMs, retryCount: 0 }) });
  }

  /**
   * Makes sure, once, that the node serves the configured chain: a payment verified on another chain is worth nothing.
   *
   * @throws AppError `config-invalid` for another chain, `dependency-unavailable` when the node does not answer
   */
  async assertChain(): Promise<void> {
    if (this.checked) return;
    const chainId = await this.ask(() => this.client.getChainId());
    if (chainId !== this.chainId)
      throw new AppError(
        'config-invalid',
        `The node of TOUCHSTONE_EVM_RPC_URL serves chain ${chainId}, TOUCHSTONE_PAYMENT_NETWORK says ${this.network}.`,
      );
    this.checked = true;
  }

  /** Runs one question. @throws AppError `dependency-unavailable` when it stays without an answer */
  async ask<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await question();
    } catch (error) {
      if (error instanceof AppError) throw error;
      throw isUnanswered(error) ? nodeUnavailable(error) : error;
    }
  }

  /** Number and fees of a recent block; shared by all callers of {@link HEAD_CACHE_MS}. */
  async recentHead(): Promise<Head> {
    await this.assertChain();
    const now = performance.now();
    if (this.head === undefined || now - this.head.at > HEAD_CACHE_MS) {
      const value = this.ask(() => this.readHead());
      this.head = { at: now, value };
      value.catch(() => {
        if (this.head?.value === value) this.head = undefined;
      });
    }
    return this.head.value;
  }

  private async readHead(): Promise<Head> {
    const [block, tip] = await Promise.all([
      this.client.getBlock({ blockTag: 'latest' }),
      this.client.estimateMaxPriorityFeePerGas({ chain: null }),
    ]);
    return {
      number: block.number,
      maxFeePerGas: (block.baseFeePerGas ?? 0n) * BASE_FEE_FACTOR + tip,
      maxPriorityFeePerGas: tip,
    };
  }
}
