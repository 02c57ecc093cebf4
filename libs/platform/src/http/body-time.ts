import type { IncomingMessage, Server } from 'node:http';
import { REQUEST_TIMEOUT_MS } from './limits.js';

/** Milliseconds that a request may take to come when its route allows for a large file. */
export const LONG_REQUEST_TIMEOUT_MS = 600_000;

/** Bytes of a file for which its request gets another second. */
export const UPLOADED_BYTES_PER_SECOND = 1_048_576;

interface Timed {
  timer: ReturnType<typeof setTimeout>;
  readonly onLate: () => void;
}

const timed = new WeakMap<IncomingMessage, Timed>();

/** Ends a request whose body does not come in time: Node has one time for all requests of a server, which is the longest. */
export function limitBodyTime(server: Server, request: IncomingMessage, timeoutMs: number): void {
  const { 'content-length': length = '0', 'transfer-encoding': coding } = request.headers;
  if (coding === undefined && length === '0') return;
  const onLate = (): void => {
    if (request.complete || request.socket.destroyed) return;
    const late = Object.assign(new Error('The body is late.'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
    server.emit('clientError', late, request.socket);
  };
  const entry = { timer: setTimeout(onLate, timeoutMs).unref(), onLate };
  timed.set(request, entry);
  request.once('close', () => clearTimeout(entry.timer));
}

/**
 * Gives the rest of a body the time that a file of so many bytes needs on a slow line, counted from now. Whoever may send one is known
 * by then: a place that few have is not to be held for long by anybody.
 */
export function allowUpload(request: IncomingMessage, bytes: number): void {
  const entry = timed.get(request);
  if (entry === undefined) return;
  clearTimeout(entry.timer);
  const timeoutMs = REQUEST_TIMEOUT_MS + Math.ceil(bytes / UPLOADED_BYTES_PER_SECOND) * 1_000;
  entry.timer = setTimeout(entry.onLate, Math.min(timeoutMs, LONG_REQUEST_TIMEOUT_MS)).unref();
}
