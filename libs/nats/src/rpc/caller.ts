import { inboxPrefix, rpcTable, type RpcService, type ServiceName } from '@touchstone/contracts';

/**
 * The caller of a request, or `undefined` when the message must not be answered.
 *
 * The last token names the caller and may be believed, because the server lets a user publish only its own.
 * Two more checks stop a service that was taken over from using us as its deputy: the subject must be the
 * endpoint's own (JetStream delivers stored messages to any reply subject the puller names), and the reply must
 * lie in the caller's inbox (otherwise our answer would be published, with our permissions, where the caller
 * itself may not publish).
 */
export function believedCaller(
  endpoint: { readonly service: RpcService; readonly verb: string },
  subject: string,
  reply: string | undefined,
): ServiceName | undefined {
  const prefix = `svc.v1.${endpoint.service}.${endpoint.verb}.`;
  if (!subject.startsWith(prefix)) return undefined;
  const verbs: Readonly<Record<string, readonly ServiceName[]>> = rpcTable[endpoint.service];
  const caller = verbs[endpoint.verb]?.find((name) => name === subject.slice(prefix.length));
  if (caller === undefined || !reply?.startsWith(`${inboxPrefix(caller)}.`)) return undefined;
  return caller;
}
