import type { Metadata } from '@grpc/grpc-js';
import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { rpcSchemas } from '@touchstone/contracts';
import { validate } from '@touchstone/platform/http';
import { CallerPolicy } from '../../domain/caller-policy.js';
import { Verbs, verbs, type SignerVerb } from '../../domain/verbs.js';
import { addVerbMethods } from '../verb-methods.js';
import { grpcMethods, type GrpcTranslation, type Message } from './messages.js';

/** The signer over gRPC; what its messages say is validated by the schemas of the bus. */
@Controller()
export class SignerGrpc {
  constructor(
    readonly policy: CallerPolicy,
    readonly verbs: Verbs,
  ) {}
}

addVerbMethods(
  SignerGrpc,
  (verb) =>
    async function (this: SignerGrpc, message: Message, metadata: Metadata): Promise<Message> {
      const caller = verbs[verb].isPublic ? '' : admit(this.policy, metadata, verb);
      const { fromMessage, toMessage }: GrpcTranslation<SignerVerb> = grpcMethods[verb];
      const request = validate(rpcSchemas.signer[verb].request, fromMessage(message), 'body');
      return toMessage(await this.verbs.ask(verb, request, { name: caller }));
    },
  (verb, ...decorated) => GrpcMethod('SignerService', grpcMethods[verb].method)(...decorated),
);

function admit(policy: CallerPolicy, metadata: Metadata, verb: SignerVerb): string {
  const [authorization] = metadata.get('authorization');
  const caller = policy.identify(authorization?.toString());
  policy.allow(caller, verb);
  return caller;
}
