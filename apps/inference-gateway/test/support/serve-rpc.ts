import {
  AppError,
  rpcListenSubject,
  rpcSchemas,
  toProblem,
  type RpcRequest,
  type RpcResponse,
  type RpcService,
  type RpcVerb,
} from '@touchstone/contracts';
import { headers } from '@nats-io/transport-node';
import type { TestNats } from '@touchstone/testing';

/** A connection of a user of the mesh. */
export type TestConnection = Awaited<ReturnType<TestNats['connect']>>;

/** Answers one RPC through the contracts' schemas, for doubles of other services. */
export function serveRpc<S extends RpcService, V extends RpcVerb<S>>(
  nc: TestConnection,
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
          // What is no error of a service stays without an answer of the schema: a part that cannot be used.
          if (!(failure instanceof AppError)) return message.respond('{}');
          const status = headers();
          status.set('Nats-Service-Error', failure.code);
          message.respond(JSON.stringify(toProblem(failure)), { headers: status });
        }
      })();
    },
  });
}
