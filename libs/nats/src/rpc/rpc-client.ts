import {
  AppError,
  fromProblem,
  rpcSubject,
  type ErrorCode,
  type MeshCaller,
  type RpcRequest,
  type RpcResponse,
  type RpcService,
  type RpcVerb,
} from '@touchstone/contracts';
import type { Msg, NatsConnection } from '@nats-io/nats-core';
import { ServiceErrorHeader } from '@nats-io/services';
import { writeCarrier } from '../carrier.js';
import { assertFits, encodeJson, parseBody, validate } from '../json-body.js';
import { toAppError } from '../nats-errors.js';
import { noMetrics, processTracing, secondsSince, type MeshMetrics, type MeshTracing } from '../observer.js';
import { rpcSchemaPair } from './rpc-schema.js';

/** Milliseconds an RPC may take unless the call says otherwise. */
export const RPC_TIMEOUT_MS = 5_000;

/** What {@link RpcClient} needs. */
export interface RpcClientOptions {
  readonly nc: NatsConnection;
  /** The calling service, with its node where it has one; the server accepts no other name at the end of the subject. */
  readonly caller: MeshCaller;
  readonly metrics?: MeshMetrics;
  readonly tracing?: MeshTracing;
  /** Milliseconds that a call may take which does not say otherwise; {@link RPC_TIMEOUT_MS} when left out. */
  readonly timeoutMs?: number;
}

/** Calls the RPCs of other services, typed and validated by contracts. It never retries: the caller decides. */
export class RpcClient {
  private readonly metrics: MeshMetrics;
  private readonly tracing: MeshTracing;

  constructor(private readonly options: RpcClientOptions) {
    this.metrics = options.metrics ?? noMetrics;
    this.tracing = options.tracing ?? processTracing;
  }

  /**
   * Asks `service` for `verb`.
   *
   * @throws AppError with the code of the answering service; `forbidden` at once when this caller is not
   * listed; `dependency-unavailable` when nobody listens or the answer cannot be used; `timeout`;
   * `validation-failed` when the request does not fit, before anything is sent.
   */
  async call<S extends RpcService, V extends RpcVerb<S>>(
    service: S,
    verb: V,
    request: RpcRequest<S, V>,
    options: { readonly timeoutMs?: number } = {},
  ): Promise<RpcResponse<S, V>> {
    const startedAt = performance.now();
    let result: 'ok' | ErrorCode = 'ok';
    const what = `${service}.${verb}`;
    try {
      const schemas = rpcSchemaPair(service, verb);
      const payload = encodeJson(validate(schemas.request, request, `The request ${what}`));
      assertFits(payload, this.options.nc.info?.max_payload, `The request ${what}`);
      const subject = rpcSubject(service, verb, this.options.caller);
      const timeoutMs = options.timeoutMs ?? this.options.timeoutMs;
      const answer = await this.tracing.run(`rpc ${what}`, 'client', async () =>
        this.readReply(await this.send(subject, payload, timeoutMs)),
      );
      const response = schemas.response.safeParse(answer);
      if (!response.success) {
        throw new AppError('dependency-unavailable', `The answer of ${what} does not fit its schema.`, {
          cause: response.error,
        });
      }
      return response.data as RpcResponse<S, V>;
    } catch (error) {
      const known = toAppError(error, what);
      result = known.code;
      throw known;
    } finally {
      this.metrics.rpcCalled({ service, verb, result }, secondsSince(startedAt));
    }
  }

  private send(subject: string, payload: Uint8Array, timeoutMs = RPC_TIMEOUT_MS): Promise<Msg> {
    const carrier: Record<string, string> = {};
    this.tracing.inject(carrier);
    return this.options.nc.request(subject, payload, { timeout: timeoutMs, headers: writeCarrier(carrier) });
  }

  private readReply(reply: Msg): unknown {
    const failed = reply.headers?.has(ServiceErrorHeader) ?? false;
    let body: unknown;
    try {
      body = parseBody(reply.data);
    } catch (cause) {
      if (failed) throw fromProblem(undefined);
      throw new AppError('dependency-unavailable', 'The answer is not JSON.', { cause });
    }
    if (failed) throw fromProblem(body);
    return body;
  }
}
