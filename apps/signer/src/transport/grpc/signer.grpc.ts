import type { Metadata } from '@grpc/grpc-js';
import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { canonicalJson } from '@touchstone/canonical-json';
import { signCheckpoint, signOutput, signTransaction } from '@touchstone/contracts';
import { validate } from '@touchstone/platform';
import { CallerPolicy } from '../../domain/caller-policy.js';
import { PublishedKeys } from '../../domain/key-set.js';
import { CheckpointSigning } from '../../domain/sign-checkpoint.js';
import { OutputSigning } from '../../domain/sign-output.js';
import { TransactionSigning } from '../../domain/sign-transaction.js';
import { toCheckpointRequest, toTransaction } from '../requests.js';

type Message = Readonly<Record<string, unknown>>;

/** The signer over gRPC; 64-bit integers arrive as strings, and the same zod schemas validate as on the bus. */
@Controller()
export class SignerGrpc {
  constructor(
    private readonly policy: CallerPolicy,
    private readonly outputs: OutputSigning,
    private readonly checkpoints: CheckpointSigning,
    private readonly transactions: TransactionSigning,
    private readonly keys: PublishedKeys,
  ) {}

  @GrpcMethod('SignerService', 'SignOutput')
  async signOutput(message: Message, metadata: Metadata): Promise<Message> {
    const caller = this.admit(metadata, 'sign-output');
    const { format, timestamp, ...fields } = message;
    const request = validate(
      signOutput.request,
      { ...fields, timestamp: Number(timestamp), ...(format === '' ? {} : { format }) },
      'body',
    );
    const { format: chosen, ...payload } = request;
    return { ...(await this.outputs.sign(payload, caller, chosen)) };
  }

  @GrpcMethod('SignerService', 'SignCheckpoint')
  async signCheckpoint(message: Message, metadata: Metadata): Promise<Message> {
    const caller = this.admit(metadata, 'sign-checkpoint');
    const { origin, size, root, fromSize, proof } = message;
    const request = validate(
      signCheckpoint.request,
      { origin, size, root, consistency: { fromSize, proof } },
      'body',
    );
    return { note: await this.checkpoints.sign(request.origin, toCheckpointRequest(request), caller) };
  }

  @GrpcMethod('SignerService', 'SignTransaction')
  async signTransaction(message: Message, metadata: Metadata): Promise<Message> {
    const caller = this.admit(metadata, 'sign-transaction');
    const { key, chainId, nonce, ...fields } = message;
    const transaction = { ...fields, chainId: Number(chainId), nonce: Number(nonce) };
    const request = validate(signTransaction.request, { key, transaction }, 'body');
    return { ...(await this.transactions.sign(request.key, toTransaction(request), caller)) };
  }

  @GrpcMethod('SignerService', 'GetKeySet')
  async getKeySet(): Promise<Message> {
    const { keySet, currentOutputKeyId, domain, log, addresses } = await this.keys.describe();
    return {
      keySetJson: canonicalJson(keySet),
      currentOutputKeyId,
      domain,
      logOrigin: log.origin,
      logVkey: log.vkey,
      anchorAddress: addresses.anchor,
      settlementAddress: addresses.settlement,
    };
  }

  private admit(metadata: Metadata, verb: 'sign-output' | 'sign-checkpoint' | 'sign-transaction'): string {
    const [authorization] = metadata.get('authorization');
    const caller = this.policy.identify(authorization?.toString());
    this.policy.allow(caller, verb);
    return caller;
  }
}
