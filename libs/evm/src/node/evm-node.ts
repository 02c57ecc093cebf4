import { AppError } from '@touchstone/contracts';
import { createPublicClient, type PublicClient, type Transport } from 'viem';
import type { FeeMarket } from '../lane/fees.js';
import { evmChainId } from './chain-id.js';
import { httpTransport } from './http-transport.js';
import { isUnanswered, nodeRefused, nodeUnavailable } from './node-errors.js';
import { readRpc, rpcBlock, rpcQuantity, type RpcBlock } from './rpc-values.js';

/** Milliseconds that a block and its fees are taken as recent. */
export const HEAD_CACHE_MS = 1_000;
/** Blocks on top of one that make it final where a node does not say which are; an epoch of Ethereum's has 32. */
export const FINAL_DEPTH_BLOCKS = 64n;

/** The newest block and what the chain asks for now. */
export interface Head extends FeeMarket {
  readonly number: bigint;
}

/** What to look for at a node. */
export type BlockTag = 'latest' | 'finalized' | bigint;

/**
 * One EVM node. Requests have a time limit and are not repeated: the caller's caller has a deadline too. Errors never
 * carry the URL, which often holds a key.
 */
export class EvmNode {
  readonly client: PublicClient;
  readonly chainId: number;
  private head: { readonly at: number; readonly value: Promise<Head> } | undefined;
  private checked: Promise<void> | undefined;

  /** @throws AppError `config-invalid` for a network that is no EVM chain */
  constructor(
    transport: Transport,
    readonly network: string,
  ) {
    this.chainId = evmChainId(network);
    this.client = createPublicClient({ transport });
  }

  static overHttp(url: string, network: string, timeoutMs: number): EvmNode {
    return new EvmNode(httpTransport(url, timeoutMs), network);
  }

  /**
   * Makes sure that the node serves the configured chain: what is verified on another chain is worth nothing, and a
   * transaction signed for one chain must not be waited for on another. Asked once, and again after an outage,
   * because another node may stand behind the address since.
   *
   * @throws AppError `config-invalid` for another chain, `dependency-unavailable` when the node does not answer
   */
  assertChain(): Promise<void> {
    if (this.checked === undefined) {
      const checking = this.checkChain();
      this.checked = checking;
      checking.catch(() => {
        if (this.checked === checking) this.checked = undefined;
      });
    }
    return this.checked;
  }

  /** Runs one question. @throws AppError `dependency-unavailable` when it stays without an answer */
  async ask<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await question();
    } catch (error) {
      if (error instanceof AppError) throw error;
      if (!isUnanswered(error)) throw error;
      this.checked = undefined;
      throw nodeUnavailable(error);
    }
  }

  /**
   * The raw result of one JSON-RPC method.
   *
   * @throws AppError `dependency-unavailable`, also when the node refuses; its words stand in the message
   */
  async raw(method: string, params: readonly unknown[] = []): Promise<unknown> {
    try {
      return await this.ask(() => this.request(method, params));
    } catch (error) {
      throw error instanceof AppError ? error : nodeRefused(method, error);
    }
  }

  /** The raw result, with the node's refusal as viem's error. */
  request(method: string, params: readonly unknown[]): Promise<unknown> {
    // Methods of the development chain and of single clients are not in viem's table.
    const request = this.client.request as (call: { method: string; params: unknown[] }) => Promise<unknown>;
    return request({ method, params: [...params] });
  }

  /** A block, `undefined` when the chain has none there. @throws AppError `dependency-unavailable` */
  async block(at: BlockTag): Promise<RpcBlock | undefined> {
    const method = 'eth_getBlockByNumber';
    const tag = typeof at === 'bigint' ? `0x${at.toString(16)}` : at;
    const result = await this.raw(method, [tag, false]);
    return result === null ? undefined : readRpc(rpcBlock, result, method);
  }

  /** The newest block, not cached. @throws AppError `dependency-unavailable` */
  async latestNumber(): Promise<bigint> {
    const method = 'eth_blockNumber';
    return readRpc(rpcQuantity, await this.raw(method), method);
  }

  /**
   * The newest block that no reorganisation drops any more, with its time. A node that has no such block, as some
   * development and side chains, is taken by depth.
   *
   * @returns `undefined` while the chain is too short to have one
   */
  async finalBlock(): Promise<RpcBlock | undefined> {
    try {
      const block = await this.ask(() => this.request('eth_getBlockByNumber', ['finalized', false]));
      if (block !== null) return readRpc(rpcBlock, block, 'eth_getBlockByNumber');
    } catch (error) {
      if (error instanceof AppError) throw error;
    }
    const deep = (await this.latestNumber()) - FINAL_DEPTH_BLOCKS;
    return deep < 0n ? undefined : this.block(deep);
  }

  /** Number of the newest block that is not expected to be dropped; `undefined` where the node knows none. */
  async safeNumber(): Promise<bigint | undefined> {
    const method = 'eth_getBlockByNumber';
    try {
      const block = await this.ask(() => this.request(method, ['safe', false]));
      return block === null ? undefined : readRpc(rpcBlock, block, method).number;
    } catch (error) {
      // Some nodes refuse the word; one that does not answer is something else.
      if (error instanceof AppError) throw error;
      return undefined;
    }
  }

  /** Number and fees of a recent block; shared by all callers of {@link HEAD_CACHE_MS}. */
  async recentHead(): Promise<Head> {
    await this.assertChain();
    const now = performance.now();
    if (this.head === undefined || now - this.head.at > HEAD_CACHE_MS) {
      const value = this.readHead();
      this.head = { at: now, value };
      value.catch(() => {
        if (this.head?.value === value) this.head = undefined;
      });
    }
    return this.head.value;
  }

  private async readHead(): Promise<Head> {
    const [block, priorityFeePerGas] = await Promise.all([
      this.block('latest'),
      this.ask(() => this.client.estimateMaxPriorityFeePerGas({ chain: null })),
    ]);
    return { number: block?.number ?? 0n, baseFeePerGas: block?.baseFeePerGas ?? 0n, priorityFeePerGas };
  }

  private async checkChain(): Promise<void> {
    const method = 'eth_chainId';
    const chainId = Number(readRpc(rpcQuantity, await this.raw(method), method));
    if (chainId !== this.chainId)
      throw new AppError(
        'config-invalid',
        `The chain node serves chain ${chainId}, expected ${this.network}.`,
      );
  }
}
