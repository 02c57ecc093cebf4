import { Controller } from '@nestjs/common';
import type { RpcRequest, RpcResponse } from '@touchstone/contracts';
import { RpcHandler, type RpcContext } from '@touchstone/nats';
import { PublishedKeys } from '../../domain/key-set.js';
import { CheckpointSigning } from '../../domain/sign-checkpoint.js';
import { OutputSigning } from '../../domain/sign-output.js';
import { TransactionSigning } from '../../domain/sign-transaction.js';
import { toCheckpointRequest, toTransaction } from '../requests.js';

/** The signer's RPCs; the bus already refused callers that the table does not list. */
@Controller()
export class SignerRpc {
  constructor(
    private readonly outputs: OutputSigning,
    private readonly checkpoints: CheckpointSigning,
    private readonly transactions: TransactionSigning,
    private readonly keys: PublishedKeys,
  ) {}

  @RpcHandler('signer', 'sign-output')
  async signOutput(
    { format, ...payload }: RpcRequest<'signer', 'sign-output'>,
    { caller }: RpcContext,
  ): Promise<RpcResponse<'signer', 'sign-output'>> {
    return { proof: await this.outputs.sign(payload, caller, format) };
  }

  @RpcHandler('signer', 'sign-outputs')
  async signOutputs(
    { payloads }: RpcRequest<'signer', 'sign-outputs'>,
    { caller }: RpcContext,
  ): Promise<RpcResponse<'signer', 'sign-outputs'>> {
    return { proofs: await this.outputs.signAll(payloads, caller) };
  }

  @RpcHandler('signer', 'sign-checkpoint')
  async signCheckpoint(
    request: RpcRequest<'signer', 'sign-checkpoint'>,
    { caller }: RpcContext,
  ): Promise<RpcResponse<'signer', 'sign-checkpoint'>> {
    return { note: await this.checkpoints.sign(request.origin, toCheckpointRequest(request), caller) };
  }

  @RpcHandler('signer', 'sign-transaction')
  async signTransaction(
    request: RpcRequest<'signer', 'sign-transaction'>,
    { caller }: RpcContext,
  ): Promise<RpcResponse<'signer', 'sign-transaction'>> {
    return this.transactions.sign(request.key, toTransaction(request), caller);
  }

  @RpcHandler('signer', 'key-set')
  keySet(): Promise<RpcResponse<'signer', 'key-set'>> {
    return this.keys.describe();
  }
}
