import { Controller, Get, Post, Req, UseGuards } from '@nestjs/common';
import {
  keySetAnswer,
  signCheckpointAnswer,
  signCheckpointRequest,
  signOutputAnswer,
  signOutputRequest,
  signTransactionAnswer,
  signTransactionRequest,
  type KeySetAnswer,
  type SignCheckpointAnswer,
  type SignCheckpointRequest,
  type SignOutputAnswer,
  type SignOutputRequest,
  type SignTransactionAnswer,
  type SignTransactionRequest,
} from '@touchstone/contracts/http/signer';
import { ApiRoute, BearerGuard, callerOf, ZodBody, type HttpRequest } from '@touchstone/platform';
import { CallerPolicy } from '../../domain/caller-policy.js';
import { PublishedKeys } from '../../domain/key-set.js';
import { CheckpointSigning } from '../../domain/sign-checkpoint.js';
import { OutputSigning } from '../../domain/sign-output.js';
import { TransactionSigning } from '../../domain/sign-transaction.js';
import { toCheckpointRequest, toTransaction } from '../requests.js';

/** Largest request of the signer: a transaction with 64 KiB of call data in hex. */
export const SIGN_REQUEST_BYTES_MAX = 262_144;

const errors = ['unauthenticated', 'forbidden', 'validation-failed', 'body-too-large'] as const;
const guard = BearerGuard(CallerPolicy);
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
  @UseGuards(guard)
  @ApiRoute({ summary: 'Sign one output', response: signOutputAnswer, errors, security: ['token'] })
  async signOutput(
    @Req() request: HttpRequest,
    @ZodBody(signOutputRequest, limited) { format, ...payload }: SignOutputRequest,
  ): Promise<SignOutputAnswer> {
    const caller = this.admit(request, 'sign-output');
    return { proof: await this.outputs.sign(payload, caller, format) };
  }

  @Post('sign-checkpoint')
  @UseGuards(guard)
  @ApiRoute({
    summary: 'Sign a checkpoint that extends the last one',
    response: signCheckpointAnswer,
    errors: [...errors, 'checkpoint-refused'],
    security: ['token'],
  })
  async signCheckpoint(
    @Req() request: HttpRequest,
    @ZodBody(signCheckpointRequest, limited) body: SignCheckpointRequest,
  ): Promise<SignCheckpointAnswer> {
    const caller = this.admit(request, 'sign-checkpoint');
    return { note: await this.checkpoints.sign(body.origin, toCheckpointRequest(body), caller) };
  }

  @Post('sign-transaction')
  @UseGuards(guard)
  @ApiRoute({
    summary: 'Sign a typed transaction that the policy of its key allows',
    response: signTransactionAnswer,
    errors: [...errors, 'signing-refused'],
    security: ['token'],
  })
  async signTransaction(
    @Req() request: HttpRequest,
    @ZodBody(signTransactionRequest, limited) body: SignTransactionRequest,
  ): Promise<SignTransactionAnswer> {
    const caller = this.admit(request, 'sign-transaction');
    return this.transactions.sign(body.key, toTransaction(body), caller);
  }

  @Get('key-set')
  @ApiRoute({ summary: 'The public keys with their states', response: keySetAnswer })
  keySet(): Promise<KeySetAnswer> {
    return this.keys.describe();
  }

  private admit(request: HttpRequest, verb: 'sign-output' | 'sign-checkpoint' | 'sign-transaction'): string {
    const caller = callerOf(request) ?? '';
    this.policy.allow(caller, verb);
    return caller;
  }
}
