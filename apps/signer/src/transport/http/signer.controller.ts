import { Controller, Get, Headers, Post, UseGuards } from '@nestjs/common';
import {
  keySetQuery,
  signCheckpoint,
  signOutput,
  signTransaction,
  type RpcRequest,
  type RpcResponse,
} from '@touchstone/contracts';
import { ApiRoute, ZodBody } from '@touchstone/platform';
import { CallerPolicy } from '../../domain/caller-policy.js';
import { PublishedKeys } from '../../domain/key-set.js';
import { CheckpointSigning } from '../../domain/sign-checkpoint.js';
import { OutputSigning } from '../../domain/sign-output.js';
import { TransactionSigning } from '../../domain/sign-transaction.js';
import { TokenGuard } from './token.guard.js';
import { toCheckpointRequest, toTransaction } from '../requests.js';

/** Largest request of the signer: a transaction with 64 KiB of call data in hex. */
export const SIGN_REQUEST_BYTES_MAX = 262_144;

const errors = ['unauthenticated', 'forbidden', 'validation-failed', 'body-too-large'] as const;
const limited = { bytesMax: SIGN_REQUEST_BYTES_MAX };

/** The signer over HTTP, for callers outside the bus; a bearer token says who calls. */
@Controller('v1')
export class SignerController {
  constructor(
    private readonly policy: CallerPolicy,
    private readonly outputs: OutputSigning,
    private readonly checkpoints: CheckpointSigning,
    private readonly transactions: TransactionSigning,
    private readonly keys: PublishedKeys,
  ) {}

  @Post('sign-output')
  @UseGuards(TokenGuard)
  @ApiRoute({ summary: 'Sign one output', response: signOutput.response, errors, security: ['token'] })
  async signOutput(
    @Headers('authorization') authorization: string | undefined,
    @ZodBody(signOutput.request, limited) { format, ...payload }: RpcRequest<'signer', 'sign-output'>,
  ): Promise<RpcResponse<'signer', 'sign-output'>> {
    const caller = this.admit(authorization, 'sign-output');
    return { proof: await this.outputs.sign(payload, caller, format) };
  }

  @Post('sign-checkpoint')
  @UseGuards(TokenGuard)
  @ApiRoute({
    summary: 'Sign a checkpoint that extends the last one',
    response: signCheckpoint.response,
    errors: [...errors, 'checkpoint-refused'],
    security: ['token'],
  })
  async signCheckpoint(
    @Headers('authorization') authorization: string | undefined,
    @ZodBody(signCheckpoint.request, limited) request: RpcRequest<'signer', 'sign-checkpoint'>,
  ): Promise<RpcResponse<'signer', 'sign-checkpoint'>> {
    const caller = this.admit(authorization, 'sign-checkpoint');
    return { note: await this.checkpoints.sign(request.origin, toCheckpointRequest(request), caller) };
  }

  @Post('sign-transaction')
  @UseGuards(TokenGuard)
  @ApiRoute({
    summary: 'Sign a typed transaction that the policy of its key allows',
    response: signTransaction.response,
    errors: [...errors, 'signing-refused'],
    security: ['token'],
  })
  async signTransaction(
    @Headers('authorization') authorization: string | undefined,
    @ZodBody(signTransaction.request, limited) request: RpcRequest<'signer', 'sign-transaction'>,
  ): Promise<RpcResponse<'signer', 'sign-transaction'>> {
    const caller = this.admit(authorization, 'sign-transaction');
    return this.transactions.sign(request.key, toTransaction(request), caller);
  }

  @Get('key-set')
  @ApiRoute({ summary: 'The public keys with their states', response: keySetQuery.response })
  keySet(): Promise<RpcResponse<'signer', 'key-set'>> {
    return this.keys.describe();
  }

  private admit(
    authorization: string | undefined,
    verb: 'sign-output' | 'sign-checkpoint' | 'sign-transaction',
  ): string {
    const caller = this.policy.identify(authorization);
    this.policy.allow(caller, verb);
    return caller;
  }
}
