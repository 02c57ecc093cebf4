import { Controller, Inject } from '@nestjs/common';
import { AppError, type RpcRequest, type RpcResponse } from '@touchstone/contracts';
import { RpcHandler } from '@touchstone/nats';
import type { CreatedPipeline } from '../../domain/pipeline/create-pipeline.js';
import { PIPELINE } from '../../tokens.js';

/** Blocks of the chains that are anchored on, for services that follow no chain themselves. */
@Controller()
export class ChainRpc {
  constructor(@Inject(PIPELINE) private readonly pipeline: Pick<CreatedPipeline, 'targets'>) {}

  @RpcHandler('anchor-worker', 'chain-block')
  async block({
    network,
    block,
  }: RpcRequest<'anchor-worker', 'chain-block'>): Promise<RpcResponse<'anchor-worker', 'chain-block'>> {
    const target = this.pipeline.targets.find((candidate) => candidate.network === network);
    if (target?.block === undefined)
      throw new AppError('not-found', `The anchor-worker follows no blocks of ${network}.`);
    const { head, finalHash } = await target.block(BigInt(block));
    return { head: head.toString(), finalHash: finalHash?.slice(2) ?? null };
  }
}
