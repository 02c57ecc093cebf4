import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { checkInterface } from './check-interface.js';

const document = {
  paths: {
    '/things/{id}': {
      post: {
        parameters: [
          { name: 'id', in: 'path', required: true, schema: { type: 'string', pattern: '^[a-z]{1,8}$' } },
        ],
        requestBody: {
          content: {
            'application/json': {
              schema: {
                type: 'object',
                properties: { n: { type: 'integer', minimum: 0, maximum: 9 } },
                required: ['n'],
              },
            },
          },
        },
        responses: {
          200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Answer' } } } },
          400: { $ref: '#/components/responses/Bad' },
        },
      },
    },
  },
  components: {
    schemas: { Answer: { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] } },
    responses: { Bad: { content: { 'application/problem+json': { schema: { type: 'object' } } } } },
  },
};

/** What the service does to a request that it can read. */
type Behaviour = () => { status: number; type: string; body: string };
const right: Behaviour = () => ({ status: 200, type: 'application/json', body: '{"ok":true}' });
const bad: Behaviour = () => ({ status: 400, type: 'application/problem+json', body: '{}' });

describe('checkInterface', () => {
  let server: Server | undefined;
  let shared: Record<string, string> = {};
  afterEach(() => {
    shared = {};
    close();
  });
  const close = () => {
    server?.closeAllConnections();
    server?.close();
  };

  const serve = async (good: Behaviour, broken: Behaviour = bad) => {
    const started = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const readable = () => {
          if (
            !/^\/things\/[a-z]{1,8}$/.test(request.url ?? '') ||
            request.headers['content-type'] !== 'application/json'
          )
            return false;
          try {
            const { n } = JSON.parse(Buffer.concat(chunks).toString()) as { n?: unknown };
            return Number.isInteger(n) && Number(n) >= 0 && Number(n) <= 9;
          } catch {
            return false;
          }
        };
        const openApi: Behaviour = () => ({
          status: 200,
          type: 'application/json',
          body: JSON.stringify(document),
        });
        const { status, type, body } = (
          request.url === '/openapi.json' ? openApi : readable() ? good : broken
        )();
        response.writeHead(status, { 'content-type': type, ...shared }).end(body);
      });
    });
    close();
    server = started;
    await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(started.address() as AddressInfo).port}`;
  };

  it('finds nothing in a service that does what its document says', async () => {
    expect(await checkInterface(await serve(right))).toEqual({
      operations: 1,
      requests: 20,
      findings: [],
      crossOrigin: [],
    });
  });

  it.each<[string, Behaviour, Behaviour, string]>([
    ['a server error', () => ({ ...bad(), status: 500 }), bad, 'a server error'],
    ['a status that is not announced', () => ({ ...right(), status: 201 }), bad, 'does not announce'],
    ['another media type', () => ({ ...right(), type: 'text/plain' }), bad, 'as text/plain'],
    ['a body outside its schema', () => ({ ...right(), body: '{"ok":1}' }), bad, 'outside its schema'],
    ['a success for what cannot be read', right, right, 'a success for what cannot be read'],
  ])('finds %s', async (_, good, broken, finding) => {
    const { findings } = await checkInterface(await serve(good, broken));
    expect(findings.join('\n')).toContain(finding);
  });

  it('finds a route that shares its answers and is not public', async () => {
    const origin = 'https://shop.example';
    expect((await checkInterface(await serve(right), { origin })).findings).toEqual([]);
    shared = { 'access-control-allow-origin': origin, vary: 'Origin' };
    const { findings } = await checkInterface(await serve(right), { origin });
    expect(findings.join('\n')).toContain(`can be read by ${origin}`);
  });

  it.each([
    ['no answer', {}],
    ['answers of every origin', { 'access-control-allow-origin': '*', vary: 'Origin' }],
    [
      'answers that a cache mixes up',
      { 'access-control-allow-origin': 'https://shop.example', vary: 'Accept' },
    ],
  ])('finds a public route that shares %s', async (_what, headers) => {
    const origin = 'https://shop.example';
    const operation = document.paths['/things/{id}'].post as { 'x-cross-origin'?: boolean };
    operation['x-cross-origin'] = true;
    try {
      shared = headers;
      const { findings, crossOrigin } = await checkInterface(await serve(right), { origin });
      expect(findings.join('\n')).toContain(`cannot be read by ${origin}`);
      expect(crossOrigin).toEqual(['POST /things/{id}']);
      shared = { 'access-control-allow-origin': origin, vary: 'Accept, Origin' };
      expect((await checkInterface(await serve(right), { origin })).findings).toEqual([]);
    } finally {
      delete operation['x-cross-origin'];
    }
  });
});
