import { Controller } from '@nestjs/common';
import { callerText, type RpcRequest } from '@touchstone/contracts';
import { RpcHandler, type RpcContext } from '@touchstone/nats';
import { Verbs, type SignerVerb } from '../../domain/verbs.js';
import { addVerbMethods } from '../verb-methods.js';

/** The signer's RPCs; the mesh has validated the request and refused callers that the table of RPCs does not list. A gateway is named with its node. */
@Controller()
export class SignerRpc {
  constructor(readonly verbs: Verbs) {}
}

addVerbMethods(
  SignerRpc,
  (verb) =>
    function (this: SignerRpc, request: RpcRequest<'signer', SignerVerb>, context: RpcContext) {
      return this.verbs.ask(verb, request, callerText(context));
    },
  (verb, ...decorated) => RpcHandler('signer', verb)(...decorated),
);
