import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { limitBodyTime, LONG_REQUEST_TIMEOUT_MS } from './body-time.js';
import { checkRequest } from './check-request.js';
import { answerClientErrors } from './client-errors.js';
import type { AnswerHeaders } from './cors.js';
import {
  CONNECTIONS_CHECKING_INTERVAL_MS,
  CONNECTIONS_MAX,
  HEADER_BYTES_MAX,
  HEADER_FIELDS_MAX,
  HEADERS_TIMEOUT_MS,
  KEEP_ALIVE_TIMEOUT_MS,
  REQUEST_TIMEOUT_MS,
} from './limits.js';
import { lingerOverUnreadRequests } from './linger.js';
import { originForm } from './request.js';
import { sendProblem } from './send-problem.js';

/** What a server gives its clients; the limits of {@link createLimitedServer} when left out. */
export interface ServerLimits {
  readonly headersTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
  readonly checkingIntervalMs?: number;
  readonly connectionsMax?: number;
  readonly refusedLingerMs?: number;
}

/**
 * A server that does not wait for slow clients, bounds head and connections, and answers whatever it refuses as
 * `application/problem+json` before `listener` sees it.
 *
 * @param headersOf what each answer carries, refusals of this server included
 */
export function createLimitedServer(
  listener: RequestListener,
  limits: ServerLimits = {},
  headersOf: AnswerHeaders = () => [],
): Server {
  const server = createServer(
    {
      headersTimeout: limits.headersTimeoutMs ?? HEADERS_TIMEOUT_MS,
      requestTimeout: LONG_REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: limits.checkingIntervalMs ?? CONNECTIONS_CHECKING_INTERVAL_MS,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      // Node refuses from this many bytes on, not above them.
      maxHeaderSize: HEADER_BYTES_MAX + 1,
      // Node would answer without a body; checkRequest asks for Host instead.
      requireHostHeader: false,
    },
    (request: IncomingMessage, response: ServerResponse) => {
      // It crossed the end of our side of the connection: nothing could be answered, so nothing is begun.
      if (!request.socket.writable) return void request.resume();
      limitBodyTime(server, request, limits.requestTimeoutMs ?? REQUEST_TIMEOUT_MS);
      for (const [name, value] of headersOf(request)) response.setHeader(name, value);
      const error = checkRequest(request);
      if (error !== undefined) return sendProblem(response, error);
      // One form for whoever reads it next: routers take an absolute target apart in ways of their own.
      request.url = originForm(request.url ?? '/');
      listener(request, response);
    },
  );
  // One more than is allowed, so that too many are seen and refused rather than cut off.
  server.maxHeadersCount = HEADER_FIELDS_MAX + 1;
  server.maxConnections = limits.connectionsMax ?? CONNECTIONS_MAX;
  answerClientErrors(server, headersOf);
  lingerOverUnreadRequests(server, limits.refusedLingerMs);
  return server;
}
