import { AppError } from '@touchstone/contracts';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { withoutCredentials } from '../config/describe-config.js';
import { createLimitedServer } from '../http/limited-server.js';
import { sendProblem } from '../http/send-problem.js';
import type { HealthRegistry } from './health-registry.js';

/** The running health server. */
export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/** How to start the health server. */
export interface HealthServerOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly health: HealthRegistry;
  readonly metrics: Registry;
}

/** A slow client of the health port may hold a connection for this long. */
const CLIENT_TIMEOUT_MS = 5_000;
const ALLOWED = 'GET, HEAD, OPTIONS';

/** Serves `/livez`, `/readyz`, `/readyz?verbose` and `/metrics` on a port of its own, apart from the traffic. */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const server = createLimitedServer(
    (request, response) => {
      answer(request, response, options).catch((error: unknown) => sendProblem(response, error));
    },
    { requestTimeoutMs: CLIENT_TIMEOUT_MS, headersTimeoutMs: CLIENT_TIMEOUT_MS },
  );
  await listen(server, options.host, options.port);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const paths = new Set(['/livez', '/metrics', '/readyz']);

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { health, metrics }: HealthServerOptions,
): Promise<void> {
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
  if (!paths.has(path))
    throw new AppError(
      'not-found',
      `There is no resource at ${path.slice(0, 256)}, only ${[...paths].join(', ')}.`,
    );
  if (request.method === 'OPTIONS') {
    response.writeHead(204, { allow: ALLOWED }).end();
    return;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', ALLOWED);
    throw new AppError('method-not-allowed', `${path} answers ${ALLOWED}, not ${request.method}.`);
  }
  if (path === '/livez') return send(response, 200, 'text/plain', 'ok\n');
  if (path === '/metrics') return send(response, 200, metrics.contentType, await metrics.metrics());
  const state = await health.readiness();
  const status = state.ready ? 200 : 503;
  if (new URLSearchParams(query).has('verbose'))
    return send(response, status, 'application/json', `${withoutCredentials(JSON.stringify(state))}\n`);
  return send(response, status, 'text/plain', state.ready ? 'ok\n' : 'not ready\n');
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  const body = Buffer.from(text);
  response
    .writeHead(status, { 'content-type': type, 'content-length': body.length, 'cache-control': 'no-store' })
    .end(body);
}

/** Listens, or rejects with the system's error (for example EADDRINUSE). */
function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
