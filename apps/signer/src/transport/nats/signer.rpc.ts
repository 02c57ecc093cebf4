import { Controller } from '@nestjs/common';
import { callerText, reportedNodeId, type MeshIdentity, type RpcRequest } from '@touchstone/contracts';
import { RpcHandler, type RpcContext } from '@touchstone/nats';
import type { Caller } from '../../domain/caller-policy.js';
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
      return this.verbs.ask(verb, request, callerOf(context));
    },
  (verb, ...decorated) => RpcHandler('signer', verb)(...decorated),
);

/** The name of a service without nodes says nothing about where it runs. */
function callerOf(identity: MeshIdentity): Caller {
  const { caller, node } = identity;
  const name = callerText(identity);
  return node === undefined ? { name } : { name, nodeId: reportedNodeId(caller, node) };
}
