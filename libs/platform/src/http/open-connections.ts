import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as TcpServer, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CLOSING_REQUEST_MS } from './limits.js';
import { linger } from './linger.js';

interface Connection {
  readonly sinceMs: number;
  answering: number;
  /** Bytes that had come when the last answer was written; more are the beginning of another request. */
  bytesAnswered: number;
}

/**
 * The connections of an HTTP server while it goes away. Node's own `close` destroys idle connections: a request that
 * was sent at that moment, and a connection that was made at that moment, would be reset.
 */
export class OpenConnections {
  private readonly connections = new Map<Socket, Connection>();
  private readonly unanswered = new Set<ServerResponse>();
  private leaving = false;
  private allClosed: () => void = () => undefined;

  constructor(private readonly server: Server) {
    server.on('connection', (socket: Socket) => {
      this.connections.set(socket, { sinceMs: performance.now(), answering: 0, bytesAnswered: 0 });
      socket.once('close', () => {
        this.connections.delete(socket);
        if (this.connections.size === 0) this.allClosed();
      });
    });
    const watch = (request: IncomingMessage, response: ServerResponse) => this.watch(request, response);
    server.prependListener('request', watch).prependListener('checkExpectation', watch);
  }

  /** From now on every answer says `Connection: close`, those to requests that are running included. */
  askToLeave(): void {
    this.leaving = true;
    for (const response of this.unanswered) closeAfter(response);
  }

  /**
   * Takes no more connections and resolves when the last one is closed. What is running, and what has come until now,
   * is answered; an idle connection is ended, not cut off.
   */
  async leave(): Promise<void> {
    this.askToLeave();
    // Two turns, so that one look at all sockets lies between: whatever has come and whoever has connected is seen.
    await nextTurn();
    await nextTurn();
    // The close of http.Server destroys idle connections first.
    if (this.server.listening) TcpServer.prototype.close.call(this.server);
    if (this.connections.size === 0) return;
    const closed = new Promise<void>((resolve) => (this.allClosed = resolve));
    this.endQuiet((connection, socket) => !mayBegin(connection, socket));
    const timer = setTimeout(() => this.endQuiet(() => true), CLOSING_REQUEST_MS);
    await closed;
    clearTimeout(timer);
  }

  /** Ends the connections without a request that fit. */
  private endQuiet(fits: (connection: Connection, socket: Socket) => boolean): void {
    for (const [socket, connection] of this.connections)
      if (connection.answering === 0 && socket.writable && fits(connection, socket)) linger(socket);
  }

  private watch({ socket }: IncomingMessage, response: ServerResponse): void {
    const connection = this.connections.get(socket);
    if (connection) connection.answering += 1;
    this.unanswered.add(response);
    if (this.leaving) closeAfter(response);
    response.once('close', () => {
      this.unanswered.delete(response);
      if (!connection) return;
      connection.answering -= 1;
      connection.bytesAnswered = socket.bytesRead;
    });
  }
}

/** True when a part of a request has come, or may be on its way because its connection is new. */
function mayBegin({ sinceMs, bytesAnswered }: Connection, { bytesRead }: Socket): boolean {
  if (bytesRead === 0) return performance.now() - sinceMs < CLOSING_REQUEST_MS;
  return bytesRead !== bytesAnswered;
}

function closeAfter(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('connection', 'close');
}
