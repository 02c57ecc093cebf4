import type { RpcClient } from '@touchstone/nats';
import type { ChainBlocks } from '../../domain/set-up/set-up.js';

/** Blocks as the anchor-worker sees them; the gateway follows no chain. */
export class RpcBlocks implements ChainBlocks {
  constructor(private readonly rpc: Pick<RpcClient, 'call'>) {}

  async block(network: string, number: bigint): Promise<{ head: bigint; finalHash: string | undefined }> {
    const { head, finalHash } = await this.rpc.call('anchor-worker', 'chain-block', {
      ...{ network, block: number.toString() },
    });
    return { head: BigInt(head), finalHash: finalHash ?? undefined };
  }
}
