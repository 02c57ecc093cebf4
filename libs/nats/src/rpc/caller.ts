import {
  inboxPrefix,
  meshIdentity,
  rpcTable,
  type MeshCaller,
  type MeshIdentity,
  type RpcService,
  type ServiceName,
} from '@touchstone/contracts';

/**
 * The caller of a request with its node, or `undefined` when the message must not be answered.
 *
 * The end of the subject names the caller and may be believed, because the server lets a user publish only its own
 * name there. Two more checks stop a service that was taken over from using us as its deputy: the subject must be the
 * endpoint's own (JetStream delivers stored messages to any reply subject the puller names), and the reply must
 * lie in the inbox of that very user (otherwise our answer would be published, with our permissions, where the caller
 * itself may not publish).
 */
export function believedCaller(
  endpoint: { readonly service: RpcService; readonly verb: string },
  subject: string,
  reply: string | undefined,
): MeshIdentity | undefined {
  const prefix = `svc.v1.${endpoint.service}.${endpoint.verb}.`;
  if (!subject.startsWith(prefix)) return undefined;
  const user = subject.slice(prefix.length);
  const identity = meshIdentity(user);
  if (identity === undefined) return undefined;
  const verbs: Readonly<Record<string, readonly ServiceName[]>> = rpcTable[endpoint.service];
  if (verbs[endpoint.verb]?.includes(identity.caller) !== true) return undefined;
  return reply?.startsWith(`${inboxPrefix(user as MeshCaller)}.`) ? identity : undefined;
}
