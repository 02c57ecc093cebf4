import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { AppError } from '@touchstone/contracts';
import { freePort } from '../process/ports.js';
import type { TsaDescription } from '../state/stack-file.js';
import { DEVELOPMENT_TSA_POLICY, ensureAuthority } from './authority-folder.js';
import { Stamper, type Stamped } from './stamper.js';

/** The network under which trust files know it. */
export const DEVELOPMENT_TSA_NETWORK = 'tsa:touchstone-development';

/** Most bytes of a request. */
export const TSA_REQUEST_BYTES_MAX = 65_536;
/** Most open connections. */
export const TSA_CONNECTIONS_MAX = 256;
/** Longest time for a whole request to come, and for openssl to answer one. */
export const TSA_REQUEST_TIMEOUT_MS = 10_000;
export const TSA_ANSWER_TIMEOUT_MS = 10_000;

const CONNECTION_CHECK_MS = 1_000;
const START_ATTEMPTS_MAX = 3;
const REQUEST_TYPE = 'application/timestamp-query';
const RESPONSE_TYPE = 'application/timestamp-reply';

/** Options of {@link startTsa}. */
export interface TsaOptions {
  /** Keys and certificates are made in it once. */
  readonly folder: string;
  /** The path of the command. */
  readonly openssl: string;
  /** 0 or absent takes any free port. */
  readonly port?: number;
  /** Asked about each port that is free, so that it may be claimed; see `freePort`. */
  readonly acceptPort?: (port: number) => Promise<boolean>;
  /** {@link TSA_REQUEST_TIMEOUT_MS} and {@link TSA_ANSWER_TIMEOUT_MS}. */
  readonly requestTimeoutMs?: number;
  readonly answerTimeoutMs?: number;
  readonly announce?: (line: string) => void;
}

/** A running time-stamping authority. */
export interface RunningTsa {
  readonly port: number;
  readonly description: TsaDescription;
  stop(): Promise<void>;
}

/**
 * Starts a time-stamping authority on 127.0.0.1: RFC 3161 over HTTP (section 3.4), answered by `openssl ts`. Whoever runs it can date
 * its tokens as he likes, so that it is for development and tests alone.
 *
 * @throws AppError `dependency-unavailable` when openssl cannot make its keys, or there is no port.
 */
export async function startTsa(options: TsaOptions): Promise<RunningTsa> {
  const { folder, openssl, answerTimeoutMs = TSA_ANSWER_TIMEOUT_MS } = options;
  const root = await ensureAuthority(folder, openssl).catch((cause: Error) => {
    throw new AppError(
      'dependency-unavailable',
      `openssl did not make the time-stamping authority: ${cause.message}`,
      { cause },
    );
  });
  const stamper = new Stamper(openssl, folder, answerTimeoutMs);
  const { server, port } = await listen(options, stamper);
  return {
    port,
    description: {
      url: `http://127.0.0.1:${port}/`,
      network: DEVELOPMENT_TSA_NETWORK,
      roots: [Buffer.from(root).toString('base64')],
      policies: [DEVELOPMENT_TSA_POLICY],
    },
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await Promise.all([closed, stamper.stop()]);
    },
  };
}

/** Somebody may take a port between its being found free and its being listened on; another one is as good. */
async function listen(options: TsaOptions, stamper: Stamper): Promise<{ server: Server; port: number }> {
  const { announce = (line: string) => void process.stderr.write(`${line}\n`) } = options;
  for (let attempt = 1; ; attempt++) {
    const port = await freePort(options.port, options.acceptPort);
    const server = createServer(
      {
        requestTimeout: options.requestTimeoutMs ?? TSA_REQUEST_TIMEOUT_MS,
        headersTimeout: options.requestTimeoutMs ?? TSA_REQUEST_TIMEOUT_MS,
        connectionsCheckingInterval: CONNECTION_CHECK_MS,
      },
      (request, response) =>
        void answer(request, response, stamper, announce).catch(() => response.destroy()),
    );
    server.maxConnections = TSA_CONNECTIONS_MAX;
    const error = await new Promise<Error | undefined>((resolve) => {
      server.once('error', resolve).listen(port, '127.0.0.1', () => resolve(undefined));
    });
    if (error === undefined) return { server, port };
    if (attempt === START_ATTEMPTS_MAX) {
      throw new AppError(
        'dependency-unavailable',
        `No port for the time-stamping authority: ${error.message}`,
      );
    }
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  stamper: Stamper,
  announce: (line: string) => void,
): Promise<void> {
  const say = (status: number, text: string, headers: Record<string, string> = {}): void => {
    response.writeHead(status, { 'content-type': 'text/plain', connection: 'close', ...headers });
    response.end(`${text}\n`);
    request.resume();
  };
  if (request.method !== 'POST') return say(405, 'expected POST', { allow: 'POST' });
  // A page in a browser cannot send this type without asking first, and nobody answers its question.
  if (request.headers['content-type'] !== REQUEST_TYPE) return say(415, `expected ${REQUEST_TYPE}`);
  const body = await bodyOf(request);
  if (body === undefined) return say(413, `expected at most ${TSA_REQUEST_BYTES_MAX} bytes`);
  const result: Stamped = await stamper.stamp(body);
  if (result.kind === 'queue-full') return say(503, 'too many requests wait', { 'retry-after': '1' });
  if (result.kind === 'failed') {
    announce(`The time-stamping authority could not answer: ${result.error.message}`);
    return say(503, 'openssl did not answer', { 'retry-after': '1' });
  }
  response.writeHead(200, { 'content-type': RESPONSE_TYPE, 'content-length': result.response.length });
  response.end(result.response);
}

/** The whole body; `undefined` as soon as it has too many bytes. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > TSA_REQUEST_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
