import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { CLOSING_REQUEST_MS } from './limits.js';
import { createLimitedServer } from './limited-server.js';
import { OpenConnections } from './open-connections.js';

const POST = 'POST /run HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}';
const HELD = 'POST /held HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}';

/** What came on a connection until it ended, and with what error. */
interface Client {
  readonly socket: Socket;
  text: string;
  error?: string;
  readonly closed: Promise<unknown>;
}

describe('open connections of a server that goes away', () => {
  let server: Server;
  let connections: OpenConnections;
  let ran: string[];
  let held: ServerResponse[];
  let port: number;
  const clients: Client[] = [];

  beforeEach(async () => {
    ran = [];
    held = [];
    server = createLimitedServer((request, response) => {
      ran.push(request.url ?? '');
      request.resume();
      if (request.url === '/held') held.push(response);
      else response.end('ok');
    });
    connections = new OpenConnections(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  });
  afterEach(async () => {
    for (const { socket } of clients.splice(0)) socket.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const open = async (): Promise<Client> => {
    const socket = connect({ port, allowHalfOpen: true });
    const client: Client = {
      socket,
      text: '',
      closed: new Promise((resolve) => socket.once('close', resolve)),
    };
    clients.push(client);
    socket.setEncoding('latin1').on('data', (text: string) => (client.text += text));
    socket.on('error', (error: NodeJS.ErrnoException) => (client.error = error.code ?? ''));
    socket.on('end', () => setTimeout(() => socket.end(), 20));
    await once(socket, 'connect');
    return client;
  };
  const answered = async (client: Client) => {
    while (!client.text.includes('\r\n\r\n')) await delay(2);
    const { text } = client;
    client.text = '';
    return text;
  };
  /** A connection that has had an answer. */
  const kept = async (): Promise<Client> => {
    const client = await open();
    client.socket.write(POST);
    expect(await answered(client)).toMatch(/^HTTP\/1.1 200 [^]*keep-alive/i);
    return client;
  };
  const expectLastAnswer = async (client: Client) => {
    await client.closed;
    expect(client.text).toMatch(/^HTTP\/1.1 200 /);
    expect(client.text).toMatch(/^connection: close\r$/im);
    expect(client.error).toBeUndefined();
  };

  it('answers what is written on a kept connection at the moment of the close', async () => {
    const client = await kept();
    client.socket.write(POST);
    await connections.leave();
    await expectLastAnswer(client);
  });

  it('answers on a connection that is made at the moment of the close', async () => {
    const client = await open();
    const left = connections.leave();
    await delay(100);
    client.socket.write(POST);
    await left;
    await expectLastAnswer(client);
  });

  it('waits for the rest of a request', async () => {
    const client = await kept();
    client.socket.write(POST.slice(0, 20));
    const left = connections.leave();
    await delay(100);
    client.socket.write(POST.slice(20));
    await left;
    await expectLastAnswer(client);
  });

  it('answers what is running before it is asked, and tells its client to leave', async () => {
    const client = await open();
    client.socket.write(HELD);
    while (held.length === 0) await delay(2);
    connections.askToLeave();
    held[0]?.end('ok');
    await expectLastAnswer(client);
  });

  it('goes on to take connections until it leaves, and tells each client to leave', async () => {
    connections.askToLeave();
    const client = await open();
    client.socket.write(POST);
    await expectLastAnswer(client);
  });

  it('tells clients to leave whose requests it refuses', async () => {
    connections.askToLeave();
    for (const refused of ['GET /a HTTP/1.1\r\n\r\n', 'GET /a HTTP/1.1\r\nhost: x\r\nexpect: what\r\n\r\n']) {
      const client = await open();
      client.socket.write(refused);
      await client.closed;
      expect(client.text).toMatch(/^HTTP\/1.1 4[^]*^connection: close\r$/im);
    }
  });

  it('ends an idle connection without a reset and begins nothing that crosses the end', async () => {
    const client = await kept();
    const left = connections.leave();
    await once(client.socket, 'end');
    client.socket.write(POST);
    await left;
    await client.closed;
    expect([client.text, client.error]).toEqual(['', undefined]);
    expect(ran).toEqual(['/run']);
  });

  it(`gives a connection on which nothing comes ${CLOSING_REQUEST_MS} ms`, async () => {
    const client = await open();
    const startedMs = performance.now();
    await connections.leave();
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(CLOSING_REQUEST_MS - 20);
    expect([client.text, client.error]).toEqual(['', undefined]);
  });

  it('leaves at once when nobody is connected, and when it is asked again', async () => {
    await connections.leave();
    await connections.leave();
    await expect(open()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
