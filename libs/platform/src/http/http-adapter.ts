import { StreamableFile } from '@nestjs/common';
import { AbstractHttpAdapter } from '@nestjs/core';
import type { Server, ServerResponse } from 'node:http';
import { apiRouteOf, mediaTypesOf } from '../openapi/api-route.js';
import { answerByRoute } from './answer-by-route.js';
import type { RateLimits } from '../rates/rate-limits.js';
import type { BodyBudget } from './body-budget.js';
import { sendProblem } from './send-problem.js';
import type { AnswerHeaders } from './cors.js';
import { createLimitedServer } from './limited-server.js';
import type { RequestObserver } from './request-observer.js';
import type { HttpRequest } from './request.js';
import type { RouteHandler, RouteTable } from './route-table.js';

/** The methods that a controller may have handlers for; HEAD and OPTIONS are answered from those. */
const METHODS = ['DELETE', 'GET', 'PATCH', 'POST', 'PUT'];

/**
 * Nest on Node's own server and {@link RouteTable}: handlers get Node's request and response as they are. There is no middleware, since
 * every request has the same way: limits, fields of all answers, observer, route. What Nest offers beyond that throws at the start.
 */
export class NodeHttpAdapter extends AbstractHttpAdapter<Server, HttpRequest, ServerResponse> {
  constructor(
    private readonly routes: RouteTable,
    private readonly observer: RequestObserver,
    private readonly headersOf: AnswerHeaders,
    /** Undefined where the bodies of all connections are not counted together. */
    private readonly bodies?: BodyBudget,
    /** Undefined where callers may ask as often as they like. */
    private readonly rates?: RateLimits,
  ) {
    super(verbsOf(routes));
  }

  override initHttpServer(): void {
    const answer = (request: HttpRequest, response: ServerResponse) => {
      if (this.rates !== undefined && !isWithinRate(this.rates, request, response)) return;
      this.bodies?.follow(request, response);
      answerByRoute(this.routes, request, response);
    };
    const watched = (request: HttpRequest, response: ServerResponse) =>
      this.observer.watch(request, response, answer);
    this.httpServer = createLimitedServer(watched as never, {}, this.headersOf);
  }

  override listen(port: string | number, ...rest: unknown[]): void {
    this.httpServer.listen(port as number, ...(rest as [string, () => void]));
  }

  override close(): Promise<void> {
    return new Promise((resolve) => this.httpServer.close(() => resolve()));
  }

  /** Writes what a handler returned: an object as JSON, nothing as an empty body. Head and body leave in one write. */
  override reply(response: ServerResponse, body: unknown, statusCode?: number): void {
    if (statusCode !== undefined) response.statusCode = statusCode;
    if (body === undefined || body === null) {
      response.end();
      return;
    }
    if (typeof body !== 'object' || body instanceof Uint8Array || body instanceof StreamableFile)
      throw new Error('A handler returns an object or nothing; what is no JSON it writes itself.');
    if (!response.hasHeader('content-type'))
      response.setHeader('content-type', 'application/json; charset=utf-8');
    const text = JSON.stringify(body);
    // Node itself would leave it out of the answer to HEAD.
    response.setHeader('content-length', Buffer.byteLength(text));
    response.end(text);
  }

  override status(response: ServerResponse, statusCode: number): void {
    response.statusCode = statusCode;
  }

  override end(response: ServerResponse, message?: string): void {
    response.end(message);
  }

  override isHeadersSent(response: ServerResponse): boolean {
    return response.headersSent;
  }

  override getHeader(response: ServerResponse, name: string): unknown {
    return response.getHeader(name);
  }

  override setHeader(response: ServerResponse, name: string, value: string): void {
    response.setHeader(name, value);
  }

  override appendHeader(response: ServerResponse, name: string, value: string): void {
    response.appendHeader(name, value);
  }

  override getType(): string {
    return 'node';
  }

  override getRequestMethod(request: HttpRequest): string | undefined {
    return request.method;
  }

  override getRequestUrl(request: HttpRequest): string | undefined {
    return request.url;
  }

  /** Nothing fails between the server and a handler, whose errors the exception filters get. */
  override setErrorHandler(): void {}

  /** What no route answers is answered without Nest. */
  override setNotFoundHandler(): void {}

  override readonly use = notHere('middleware');
  override readonly createMiddlewareFactory = notHere('middleware');
  override readonly registerParserMiddleware = notHere('a body parser');
  override readonly enableCors = notHere('CORS of Nest');
  override readonly applyVersionFilter = notHere('versioning of Nest');
  override readonly getRequestHostname = notHere('routing by host');
  override readonly useStaticAssets = notHere('static files');
  override readonly setViewEngine = notHere('views');
  override readonly render = notHere('views');
  override readonly redirect = notHere('redirects');
}

/** Methods that change nothing, and so cost little. */
const READING = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Before anything is done for a request, and before its payment is looked at: who asks too often is told when to ask again. */
function isWithinRate(rates: RateLimits, request: HttpRequest, response: ServerResponse): boolean {
  const forwarded = request.headers['x-forwarded-for'];
  const { headers, refusal } = rates.decide(
    READING.has(request.method ?? '') ? 'reads' : 'work',
    request.socket.remoteAddress ?? '',
    Array.isArray(forwarded) ? forwarded.join(',') : forwarded,
  );
  for (const [name, value] of headers) response.setHeader(name, value);
  if (refusal !== undefined) sendProblem(response, refusal);
  return refusal === undefined;
}

function notHere(what: string): (...args: unknown[]) => never {
  return () => {
    throw new Error(`NodeHttpAdapter has no ${what}.`);
  };
}

/** What Nest calls to register a handler, which carries the metadata of its method. */
function verbsOf(routes: RouteTable): Record<string, (path: string, handler: RouteHandler) => void> {
  const verbs = ['all', 'head', 'options', 'search', 'query'].map(
    (verb) => [verb, notHere(`handlers for ${verb}`)] as const,
  );
  const served = METHODS.map((method) => {
    const add = (path: string, handler: RouteHandler) => {
      const options = apiRouteOf(handler);
      routes.add({ method, path, handler, mediaTypes: mediaTypesOf(options), public: options?.public });
    };
    return [method.toLowerCase(), add] as const;
  });
  return Object.fromEntries([...verbs, ...served]);
}
