import { Controller } from '@nestjs/common';
import type { RpcRequest, RpcResponse } from '@touchstone/contracts';
import { RpcHandler } from '@touchstone/nats';
import { AuthorizeTransfer } from '../../domain/authorize-transfer.js';
import { told } from './told.js';

/** The RPC by which the inference-gateway brings transfers that payers made themselves. */
@Controller()
export class TransferRpcController {
  constructor(private readonly transfers: AuthorizeTransfer) {}

  @RpcHandler('payment-verifier', 'authorize-transfer')
  async authorize({
    transfer,
    asked,
    requestDigest,
  }: RpcRequest<'payment-verifier', 'authorize-transfer'>): Promise<
    RpcResponse<'payment-verifier', 'authorize-transfer'>
  > {
    const result = await this.transfers.authorize(transfer, asked, requestDigest);
    return result.outcome === 'refused' ? result : told(result);
  }
}
