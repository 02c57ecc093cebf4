import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { withoutCredentials } from '../config/describe-config.js';
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
const REQUEST_TIMEOUT_MS = 5_000;

/** Serves `/livez`, `/readyz`, `/readyz?verbose` and `/metrics` on a port of its own, apart from the traffic. */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const server = createServer(
    { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS },
    (request, response) => {
      answer(request, response, options).catch((error: unknown) => {
        send(response, 500, 'text/plain', `${error instanceof Error ? error.message : 'error'}\n`);
      });
    },
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

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { health, metrics }: HealthServerOptions,
): Promise<void> {
  const [path, query = ''] = (request.url ?? '/').split('?', 2);
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return send(response, 405, 'text/plain', 'GET only\n');
  if (path === '/livez') return send(response, 200, 'text/plain', 'ok\n');
  if (path === '/metrics') return send(response, 200, metrics.contentType, await metrics.metrics());
  if (path !== '/readyz') return send(response, 404, 'text/plain', 'not found\n');
  const state = await health.readiness();
  const status = state.ready ? 200 : 503;
  if (new URLSearchParams(query).has('verbose'))
    return send(response, status, 'application/json', `${withoutCredentials(JSON.stringify(state))}\n`);
  return send(response, status, 'text/plain', state.ready ? 'ok\n' : 'not ready\n');
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text);
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
