import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Readiness } from '@touchstone/contracts/http/every-service';
import type { StackDescription } from '@touchstone/embedded';
import type { QueueReader } from './queue-reader.js';
import { takeSnapshot } from './snapshot.js';

const noQueues = { read: () => Promise.resolve({ known: false, detail: 'none' }) } as unknown as QueueReader;
const checks: Readiness['checks'] = [
  { name: 'postgres', ok: false, detail: 'refused', durationMs: 1 },
  { name: 'nats', ok: true, durationMs: 1 },
  { name: 'keys', ok: false, durationMs: 1 },
];

describe('a look at a service', () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.close();
  });

  /** What is shown of a signer whose health port answers so. */
  async function look(status: number, body: unknown) {
    const started = createServer((request, response) => {
      if (request.url === '/metrics') return void response.end('up 1\n');
      response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
    });
    server = started;
    await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
    const { port: health } = started.address() as AddressInfo;
    const stack = { services: { signer: { health } } } as unknown as StackDescription;
    return (await takeSnapshot(stack, noQueues)).services[0];
  }

  it.each<[string, unknown, string]>([
    [
      'with the checks that fail',
      { ready: false, draining: false, checks },
      'postgres: refused; keys: failed',
    ],
    ['with its end', { ready: false, draining: true, checks }, 'is shutting down'],
    [
      'also of a newer version',
      { ready: false, draining: false, checks: [{ ...checks[0], since: 1 }], later: 1 },
      'postgres: refused',
    ],
    ['in short where it says something else', { ready: false, checks: 'none' }, 'is not ready'],
    ['in short where it says no JSON', 'no', 'is not ready'],
  ])('says why it is not ready, %s', async (_name, body, detail) => {
    expect(await look(503, body)).toMatchObject({ name: 'signer', up: true, ready: false, detail });
  });

  it('says nothing more of one that is ready', async () => {
    expect(await look(200, { ready: true, draining: false, checks: [] })).toMatchObject({
      up: true,
      ready: true,
      detail: undefined,
    });
  });
});
