import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { REFUSED_LINGER_MS } from './limits.js';

/**
 * Ends our side of a connection and reads on for a moment: bytes that nobody reads would make the system reset the
 * connection, and a client that is still sending would lose the answer (RFC 9112, section 9.6).
 *
 * @param last what is written before the end
 */
export function linger(socket: Duplex, last?: Uint8Array, lingerMs = REFUSED_LINGER_MS): void {
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  socket.once('close', () => clearTimeout(timer));
  socket.on('error', () => socket.destroy());
  socket.end(last);
  socket.resume();
}

/** Lets connections linger that end with a request which was answered before all of it came; Node would close them. */
export function lingerOverUnreadRequests(server: Server, lingerMs = REFUSED_LINGER_MS): void {
  const newest = new WeakMap<Duplex, IncomingMessage>();
  const remember = (request: IncomingMessage) => void newest.set(request.socket, request);
  server.on('request', remember).on('checkExpectation', remember);
  server.on('connection', (socket) => {
    const destroySoon = socket.destroySoon.bind(socket);
    // What Node calls once the last answer of a connection is written.
    socket.destroySoon = () => {
      const request = newest.get(socket);
      if (request === undefined || request.complete) return destroySoon();
      linger(socket, undefined, lingerMs);
      request.resume();
    };
  });
}
