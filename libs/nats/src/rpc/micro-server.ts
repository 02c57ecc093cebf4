import {
  AppError,
  callerText,
  toProblem,
  type MeshIdentity,
  type Problem,
  type RpcService,
} from '@touchstone/contracts';
import type { NatsConnection } from '@nats-io/nats-core';
import { Svcm, type Service, type ServiceMsg } from '@nats-io/services';
import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { readCarrier } from '../carrier.js';
import { assertFits, encodeJson, parseBody, validate } from '../json-body.js';
import { toAppError } from '../nats-errors.js';
import {
  logsDetails,
  noMetrics,
  processTracing,
  secondsSince,
  type MeshLogger,
  type MeshMetrics,
  type MeshTracing,
} from '../observer.js';
import { believedCaller } from './caller.js';
import { MESH_TRANSPORT, readExtras, type RpcContext } from './rpc-handler.js';
import { rpcSchemaPair, type RpcSchemaPair } from './rpc-schema.js';

/** Requests of one endpoint that run at the same time in one process; the next is refused as `queue-full`. */
export const RPC_CONCURRENCY_MAX = 64;
/** Milliseconds that `close()` waits for requests in flight. */
export const RPC_DRAIN_MS = 10_000;

/** What {@link NatsMicroServer} needs. */
export interface NatsMicroServerOptions {
  readonly nc: NatsConnection;
  readonly service: RpcService;
  /** Semantic version that `$SRV` discovery shows. */
  readonly version: string;
  readonly description?: string;
  readonly logger: MeshLogger;
  readonly metrics?: MeshMetrics;
  readonly tracing?: MeshTracing;
  readonly concurrencyMax?: number;
  /** Verbs with a limit of their own, such as one whose requests wait most of their time. */
  readonly concurrencyMaxOf?: Readonly<Record<string, number>>;
  readonly drainMs?: number;
}

interface Endpoint {
  readonly service: RpcService;
  readonly verb: string;
  readonly schemas: RpcSchemaPair;
  readonly handler: MessageHandler;
  running: number;
}

/**
 * Nest transport that answers RPCs as a NATS micro service (ADR-32): plain JSON in and out, `$SRV` discovery,
 * errors as headers `Nats-Service-Error` (code) and `Nats-Service-Error-Code` (status) with the problem as body.
 * Replicas share the work by a queue group named after the service. The connection stays the owner's.
 */
export class NatsMicroServer extends Server implements CustomTransportStrategy {
  private readonly metrics: MeshMetrics;
  private readonly tracing: MeshTracing;
  private readonly inFlight = new Set<Promise<void>>();
  private micro: Service | undefined;

  constructor(private readonly options: NatsMicroServerOptions) {
    super();
    this.setTransportId(MESH_TRANSPORT);
    this.metrics = options.metrics ?? noMetrics;
    this.tracing = options.tracing ?? processTracing;
  }

  /** Registers every handler as an endpoint; a subject the server refuses fails the start. */
  async listen(callback: (error?: unknown) => void): Promise<void> {
    try {
      await this.start();
      callback();
    } catch (error) {
      callback(error);
    }
  }

  /** Takes no more requests, then waits for those in flight within the budget. */
  async close(): Promise<void> {
    const micro = this.micro;
    this.micro = undefined;
    if (micro === undefined) return;
    await micro.stop();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const budget = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.options.drainMs ?? RPC_DRAIN_MS);
    });
    await Promise.race([Promise.allSettled([...this.inFlight]), budget]);
    clearTimeout(timer);
    if (this.inFlight.size > 0) {
      this.options.logger.warn({ requests: this.inFlight.size }, 'stopped before every RPC was answered');
    } else if (!this.options.nc.isClosed()) {
      await this.options.nc.flush();
    }
  }

  /** Nest events of the transport; there are none beside the connection's own status. */
  on(): this {
    return this;
  }

  /** The connection the endpoints live on. */
  unwrap<T>(): T {
    return this.options.nc as T;
  }

  private async start(): Promise<void> {
    const { nc, service, version, description = '', logger } = this.options;
    const micro = await new Svcm(nc).add({ name: service, version, description, queue: service });
    this.micro = micro;
    for (const [pattern, handler] of this.getHandlers()) this.addEndpoint(micro, pattern, handler);
    await nc.flush();
    const refused = micro.isStopped ? await micro.stopped : null;
    if (refused) throw toAppError(refused, `Listening as ${service}`);
    void micro.stopped.then((error) => {
      if (error) logger.error({ err: error }, 'the micro service stopped by itself');
    });
  }

  private addEndpoint(micro: Service, pattern: string, handler: MessageHandler): void {
    const { service, verb } = readExtras(pattern, handler.extras);
    if (service !== this.options.service) {
      throw new AppError('config-invalid', `${this.options.service} cannot answer for ${service} (${verb}).`);
    }
    const endpoint: Endpoint = { service, verb, schemas: rpcSchemaPair(service, verb), handler, running: 0 };
    micro.addEndpoint(verb, {
      subject: pattern,
      handler: (error, message) => {
        if (!error) this.track(this.serve(endpoint, message));
      },
    });
  }

  private track(work: Promise<void>): void {
    const tracked = work.finally(() => this.inFlight.delete(tracked));
    this.inFlight.add(tracked);
  }

  /** Answers one request; never rejects. */
  private async serve(endpoint: Endpoint, message: ServiceMsg): Promise<void> {
    const identity = believedCaller(endpoint, message.subject, message.reply);
    if (identity === undefined) {
      this.options.logger.warn(
        { subject: message.subject },
        'dropped a request whose caller cannot be believed',
      );
      return;
    }
    const startedAt = performance.now();
    let problem: Problem | undefined;
    endpoint.running += 1;
    try {
      const context = { ...identity, subject: message.subject, headers: readCarrier(message.headers) };
      await this.tracing.runWithRemote(
        context.headers,
        `rpc ${endpoint.service}.${endpoint.verb}`,
        async () => {
          try {
            message.respond(await this.answer(endpoint, message, context));
            if (logsDetails(this.options.logger))
              this.options.logger.debug?.(
                { verb: endpoint.verb, caller: callerText(identity) },
                'an RPC was answered',
              );
          } catch (error) {
            // Inside the span, so that log line and problem carry its trace id.
            problem = this.refuse(endpoint, message, identity, error);
            throw error;
          }
        },
        'server',
      );
    } catch (error) {
      problem ??= this.refuse(endpoint, message, identity, error);
    } finally {
      endpoint.running -= 1;
      const labels = { verb: endpoint.verb, caller: identity.caller, result: problem?.code ?? 'ok' } as const;
      this.metrics.rpcServed(labels, secondsSince(startedAt));
    }
  }

  private async answer(endpoint: Endpoint, message: ServiceMsg, context: RpcContext): Promise<Uint8Array> {
    const { concurrencyMax = RPC_CONCURRENCY_MAX, concurrencyMaxOf = {} } = this.options;
    const max = concurrencyMaxOf[endpoint.verb] ?? concurrencyMax;
    if (endpoint.running > max) {
      throw new AppError('queue-full', `${endpoint.verb} already runs ${max} requests; try again later.`);
    }
    const what = `The request ${endpoint.service}.${endpoint.verb}`;
    const request = validate(endpoint.schemas.request, parseBody(message.data), what);
    const produced: unknown = await lastValueFrom(
      this.transformToObservable(await endpoint.handler(request, context)),
      { defaultValue: undefined },
    );
    const response = endpoint.schemas.response.safeParse(produced);
    if (!response.success) {
      throw new TypeError(
        `The answer of ${endpoint.verb} does not fit its schema: ${response.error.message}`,
      );
    }
    const bytes = encodeJson(response.data);
    assertFits(bytes, this.options.nc.info?.max_payload, `The answer of ${endpoint.verb}`);
    return bytes;
  }

  private refuse(endpoint: Endpoint, message: ServiceMsg, identity: MeshIdentity, error: unknown): Problem {
    const traceId = this.tracing.currentTraceId();
    const problem = toProblem(error, traceId === undefined ? {} : { traceId });
    const fields = { verb: endpoint.verb, caller: callerText(identity), code: problem.code };
    if (problem.status >= 500) this.options.logger.error({ ...fields, err: error }, 'an RPC failed');
    else this.options.logger.info(fields, 'an RPC was refused');
    try {
      message.respondError(problem.status, problem.code, encodeJson(problem));
    } catch (cause) {
      // The connection is gone: the caller runs into its timeout, there is no other way to tell it.
      this.options.logger.warn({ verb: endpoint.verb, err: cause }, 'an error reply could not be sent');
    }
    return problem;
  }
}
