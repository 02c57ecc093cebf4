import { AppError } from '@touchstone/contracts';
import { withSpan } from '@touchstone/platform/observability';
import type { FeeMarket } from '../lane/fees.js';
import type { ChainHead, LaneChain, SendOutcome } from '../lane/lane-ports.js';
import type { Placement } from '../lane/lane-transaction.js';
import type { EvmNode } from './evm-node.js';
import { nodeRefused, reasonOf } from './node-errors.js';
import { readRpc, rpcQuantity, rpcReceipt } from './rpc-values.js';

/** Words by which clients say that they have the transaction already. */
const KNOWN = /already ?known|already imported|known transaction|transaction already/i;
/** Words for a nonce that the chain has used. */
const NONCE_USED = /nonce too low|nonce.*(?:lower|already used)|old ?nonce/i;
/** Words for a nonce that waits at a better price, and for a price below what the node or the block asks. */
const UNDERPRICED = /underpriced|fee ?too ?low|less than block base fee|fee cap.*(?:below|less)/i;

/** An EVM chain as a lane of transactions needs it, over one node. */
export class EvmLaneChain implements LaneChain {
  constructor(
    private readonly node: EvmNode,
    /** What is sent, for traces: `anchor`, `settlement`. */
    private readonly what = 'transaction',
  ) {}

  get network(): string {
    return this.node.network;
  }

  get chainId(): number {
    return this.node.chainId;
  }

  async head(): Promise<ChainHead> {
    await this.node.assertChain();
    const [latest, final] = await Promise.all([this.node.latestNumber(), this.node.finalBlock()]);
    return { latest, finalized: final?.number ?? -1n };
  }

  feeMarket(): Promise<FeeMarket> {
    return this.node.recentHead();
  }

  async transactionCount(account: string, atBlock?: bigint): Promise<number> {
    await this.node.assertChain();
    const tag = atBlock === undefined ? 'latest' : `0x${(atBlock < 0n ? 0n : atBlock).toString(16)}`;
    return Number(await this.quantity('eth_getTransactionCount', [account, tag]));
  }

  balance(account: string): Promise<bigint> {
    return this.quantity('eth_getBalance', [account, 'latest']);
  }

  async blockHash(number: bigint): Promise<string | undefined> {
    return (await this.node.block(number))?.hash;
  }

  async placementOf(hash: string): Promise<Placement | undefined> {
    const method = 'eth_getTransactionReceipt';
    const result = await this.node.raw(method, [hash]);
    if (result === null) return undefined;
    const { blockNumber, blockHash, status, gasUsed } = readRpc(rpcReceipt, result, method);
    return { hash, block: { number: blockNumber, hash: blockHash }, succeeded: status === 1n, gasUsed };
  }

  async knows(hash: string): Promise<boolean> {
    return (await this.node.raw('eth_getTransactionByHash', [hash])) !== null;
  }

  async send(raw: string): Promise<SendOutcome> {
    const method = 'eth_sendRawTransaction';
    await this.node.assertChain();
    try {
      // Not by `ask`: some clients answer a known transaction with the code of an internal error.
      await withSpan(`chain send ${this.what}`, {}, () => this.node.request(method, [raw]), 'client');
      return 'accepted';
    } catch (error) {
      const reason = reasonOf(error);
      if (KNOWN.test(reason)) return 'accepted';
      if (NONCE_USED.test(reason)) return 'nonce-used';
      if (UNDERPRICED.test(reason)) return 'underpriced';
      throw error instanceof AppError ? error : nodeRefused(method, error);
    }
  }

  private async quantity(method: string, params: readonly unknown[]): Promise<bigint> {
    return readRpc(rpcQuantity, await this.node.raw(method, params), method);
  }
}
