import {
  rpcListenSubject,
  rpcSchemas,
  toProblem,
  type RpcRequest,
  type RpcResponse,
  type RpcService,
  type RpcVerb,
} from '@touchstone/contracts';
import { headers, type NatsConnection } from '@nats-io/transport-node';

/** Answers one RPC through the contracts' schemas, for doubles of other services. */
export function serveRpc<S extends RpcService, V extends RpcVerb<S>>(
  nc: NatsConnection,
  service: S,
  verb: V,
  handler: (request: RpcRequest<S, V>) => Promise<RpcResponse<S, V>>,
): void {
  const pair = (
    rpcSchemas[service] as Record<
      string,
      { request: { parse(v: unknown): unknown }; response: { parse(v: unknown): unknown } }
    >
  )[verb];
  if (!pair) throw new Error(`contracts has no RPC ${service}.${verb}`);
  nc.subscribe(rpcListenSubject(service, verb), {
    callback: (error, message) => {
      if (error) throw error;
      void (async () => {
        try {
          const request = pair.request.parse(message.json()) as RpcRequest<S, V>;
          const response = pair.response.parse(await handler(request));
          message.respond(JSON.stringify(response));
        } catch (failure) {
          const problem = toProblem(failure);
          const carried = headers();
          carried.set('Nats-Service-Error', problem.title);
          carried.set('Nats-Service-Error-Code', String(problem.status));
          message.respond(JSON.stringify(problem), { headers: carried });
        }
      })();
    },
  });
}
