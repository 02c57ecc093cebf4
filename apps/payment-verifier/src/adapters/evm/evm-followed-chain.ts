import { AppError } from '@touchstone/contracts';
import { BlockNotFoundError, type Hex } from 'viem';
import type { FollowedChain, Placement } from '../../domain/follow-settlements.js';
import type { AuthorizationFate } from '../../domain/ports.js';
import type { Reservation } from '../../domain/reservation.js';
import type { EvmNode } from './evm-node.js';
import { FINAL_DEPTH_BLOCKS, type EvmSettlementChain } from './evm-settlement-chain.js';

/** The chain as following settlements needs it, over one node. */
export class EvmFollowedChain implements FollowedChain {
  constructor(
    private readonly node: EvmNode,
    private readonly chain: EvmSettlementChain,
  ) {}

  async placementOf(transaction: string): Promise<Placement | undefined> {
    const receipt = await this.chain.receiptOf(transaction as Hex);
    if (receipt === undefined) return undefined;
    return {
      block: { number: receipt.blockNumber, hash: receipt.blockHash },
      succeeded: receipt.status === 'success',
    };
  }

  async blockHash(blockNumber: bigint): Promise<string | undefined> {
    try {
      return (await this.node.ask(() => this.node.client.getBlock({ blockNumber }))).hash;
    } catch (error) {
      if (error instanceof BlockNotFoundError) return undefined;
      throw error;
    }
  }

  async finalBlock(): Promise<bigint> {
    try {
      return (await this.node.ask(() => this.node.client.getBlock({ blockTag: 'finalized' }))).number;
    } catch (error) {
      if (error instanceof AppError) throw error;
      const { number } = await this.chain.latestBlock();
      return number - FINAL_DEPTH_BLOCKS;
    }
  }

  fateOf(reservation: Reservation): Promise<AuthorizationFate> {
    return this.chain.fateOf(reservation);
  }
}
