import { Body, Controller, Get, Module, Post, Req } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { z } from 'zod';
import { serviceKeys } from '../config/fragments.js';
import { loadConfig } from '../config/load-config.js';
import type { HttpRequest } from '../http/request.js';
import { ZodBody, ZodParam, ZodQuery } from '../http/zod-parameters.js';
import { silentLogger } from '../logging/logger.js';
import { ApiRoute } from '../openapi/api-route.js';
import { createContext, startService, type RunningService } from './start-service.js';

const BODY_BYTES_MAX = 64;
const echoRequest = z.strictObject({ text: z.string(), 'a/b': z.number().optional() });

let releaseSlow: () => void = () => undefined;

@Controller('v1')
class EchoController {
  @Post('echo')
  @ApiRoute({
    summary: 'Echoes.',
    response: z.object({ text: z.string(), digest: z.string() }),
    errors: ['malformed-json'],
  })
  echo(
    @ZodBody(echoRequest, { bytesMax: BODY_BYTES_MAX }) body: z.infer<typeof echoRequest>,
    @Req() request: HttpRequest,
  ) {
    const digest = createHash('sha256')
      .update(request.rawBody ?? new Uint8Array())
      .digest('hex');
    return { text: body.text, digest };
  }

  @Get('things/:id')
  @ApiRoute({ summary: 'One thing.' })
  thing(
    @ZodParam('id', z.string().regex(/^[a-z]+$/)) id: string,
    @ZodQuery(z.strictObject({ limit: z.string().optional() })) query: { limit?: string },
  ) {
    return { id, limit: query.limit ?? null };
  }

  @Get('slow')
  async slow() {
    await new Promise<void>((resolve) => {
      releaseSlow = resolve;
    });
    return { slow: true };
  }

  @Get('busy')
  busy() {
    throw new AppError('queue-full', 'The queue is full.', {
      legacyCode: 'QUEUE_FULL',
      retryAfterSeconds: 2.5,
    });
  }

  @Get('broken')
  broken() {
    throw new Error('a secret of the inside');
  }

  @Post('plain')
  plain(@Body() body: unknown) {
    return { parsed: body !== undefined };
  }
}

@Module({ controllers: [EchoController] })
class EchoModule {}

const configSchema = z.object(serviceKeys('signer'));
const env = {
  TOUCHSTONE_HTTP_PORT: '0',
  TOUCHSTONE_HEALTH_PORT: '0',
  TOUCHSTONE_BUILD_HASH: 'ab'.repeat(32),
};

async function start(): Promise<RunningService> {
  const definition = {
    name: 'signer',
    version: '1.2.3',
    configSchema,
    codeFolder: tmpdir(),
    module: () => EchoModule,
  };
  const context = await createContext(definition, loadConfig({ schema: configSchema, env }), silentLogger());
  return startService(definition, context);
}

describe('a service on HTTP', () => {
  let service: RunningService;
  let url: string;
  beforeAll(async () => {
    service = await start();
    url = `http://127.0.0.1:${service.ports.http}`;
  });
  afterAll(() => service.stop());

  const post = (body: string, type = 'application/json', headers: Record<string, string> = {}) =>
    fetch(`${url}/v1/echo`, { method: 'POST', headers: { 'content-type': type, ...headers }, body });
  const problemOf = async (response: Response) => {
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    return (await response.json()) as {
      code: string;
      status: number;
      errors?: unknown;
      traceId: string;
    } & Record<string, unknown>;
  };

  it('answers a POST with 200 and keeps the exact bytes of the body', async () => {
    const text = '{ "text":"ä" }';
    const response = await post(text);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      text: 'ä',
      digest: createHash('sha256').update(text).digest('hex'),
    });
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('x-powered-by')).toBeNull();
  });

  it('continues the trace of the caller and answers with it', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const response = await post('{"text":1}', 'application/json', {
      traceparent: `00-${traceId}-b7ad6b7169203331-01`,
    });
    expect(response.headers.get('traceparent')).toContain(traceId);
    expect((await problemOf(response)).traceId).toBe(traceId);
  });

  it('takes a body of the limit and refuses one byte more, declared or chunked', async () => {
    const fill = (size: number) => `{"text":"${'x'.repeat(size - 11)}"}`;
    expect((await post(fill(BODY_BYTES_MAX))).status).toBe(200);
    const declared = await post(fill(BODY_BYTES_MAX + 1));
    expect(declared.status).toBe(413);
    expect((await problemOf(declared)).code).toBe('body-too-large');
    const stream = new Blob([fill(BODY_BYTES_MAX + 1)]).stream();
    const chunked = await fetch(`${url}/v1/echo`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: stream,
      duplex: 'half',
    } as RequestInit);
    expect(chunked.status).toBe(413);
  });

  it.each([
    ['a name that stands twice', '{"text":"a","text":"b"}', 400, 'malformed-json'],
    ['broken JSON', '{"text":', 400, 'malformed-json'],
    ['an empty body', '', 400, 'malformed-json'],
    ['a wrong type', '{"text":1}', 422, 'validation-failed'],
    ['an unknown member', '{"text":"a","b":1}', 422, 'validation-failed'],
  ])('refuses %s', async (_, body, status, code) => {
    const response = await post(body);
    expect(response.status).toBe(status);
    expect((await problemOf(response)).code).toBe(code);
  });

  it('points at the finding with an escaped JSON pointer', async () => {
    const problem = await problemOf(await post('{"text":"a","a/b":"no"}'));
    expect(problem.errors).toEqual([{ pointer: '/a~1b', detail: expect.any(String) }]);
  });

  it.each([
    ['text/plain', {}],
    ['application/x-www-form-urlencoded', {}],
    ['application/json; charset=latin1', {}],
    ['application/json', { 'content-encoding': 'gzip' }],
  ])('refuses the media type %s %j', async (type, headers) => {
    const response = await post('{"text":"a"}', type, headers);
    expect(response.status).toBe(415);
    expect((await problemOf(response)).code).toBe('unsupported-media-type');
  });

  it('reads parameters of path and query, and answers 400 for bad ones', async () => {
    expect(await (await fetch(`${url}/v1/things/abc?limit=5`)).json()).toEqual({ id: 'abc', limit: '5' });
    const path = await fetch(`${url}/v1/things/123`);
    expect(path.status).toBe(400);
    expect((await problemOf(path)).errors).toEqual([{ pointer: '/path/id', detail: expect.any(String) }]);
    const query = await fetch(`${url}/v1/things/abc?other=1`);
    expect((await problemOf(query)).errors).toEqual([
      { pointer: '/query/other', detail: expect.any(String) },
    ]);
  });

  it('answers unknown routes with 404, known ones with a wrong method with 405 and Allow', async () => {
    expect((await problemOf(await fetch(`${url}/nothing`))).code).toBe('not-found');
    const wrong = await fetch(`${url}/v1/things/abc`, { method: 'DELETE' });
    expect(wrong.status).toBe(405);
    expect(wrong.headers.get('allow')).toBe('GET, HEAD, OPTIONS');
    expect((await problemOf(wrong)).code).toBe('method-not-allowed');
    expect((await fetch(`${url}/openapi.json`, { method: 'POST' })).status).toBe(405);
  });

  it('answers a malformed path as a problem', async () => {
    const response = await fetch(`${url}/v1/things/%E0%A4%A`);
    expect(response.status).toBe(400);
    expect((await problemOf(response)).code).toBe('malformed-request');
  });

  it('says when to retry and keeps the legacy code', async () => {
    const response = await fetch(`${url}/v1/busy`);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('3');
    expect(await problemOf(response)).toMatchObject({
      code: 'queue-full',
      legacyCode: 'QUEUE_FULL',
      retryable: true,
    });
  });

  it('hides unexpected errors', async () => {
    const response = await fetch(`${url}/v1/broken`);
    expect(response.status).toBe(500);
    expect(JSON.stringify(await problemOf(response))).not.toContain('secret of the inside');
  });

  it('leaves bodies alone that no decorator reads', async () => {
    const response = await fetch(`${url}/v1/plain`, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    expect(await response.json()).toEqual({ parsed: false });
  });

  it('survives a client that goes away in the middle of a body', async () => {
    await new Promise<void>((resolve, reject) => {
      const socket = connect(service.ports.http, '127.0.0.1', () => {
        socket.write(
          'POST /v1/echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{"te',
        );
        setTimeout(() => socket.destroy(), 20);
      });
      socket.once('close', () => resolve()).once('error', reject);
    });
    expect((await post('{"text":"still here"}')).status).toBe(200);
  });

  it('serves a document that has the same schemas as the code', async () => {
    const document = (await (await fetch(`${url}/openapi.json`)).json()) as {
      openapi: string;
      paths: Record<string, unknown>;
    };
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toEqual(['/v1/echo', '/v1/things/{id}']);
    expect(document.paths['/v1/echo']).toMatchObject({
      post: {
        operationId: 'Echo_echo',
        requestBody: {
          content: { 'application/json': { schema: { additionalProperties: false, required: ['text'] } } },
        },
        responses: {
          200: { content: { 'application/json': {} } },
          400: { content: { 'application/problem+json': {} } },
        },
      },
    });
  });

  it('measures by route and never by path', async () => {
    await fetch(`${url}/v1/things/abc`);
    await fetch(`${url}/unbounded/${Math.random()}`);
    const metrics = await (await fetch(`http://127.0.0.1:${service.ports.health}/metrics`)).text();
    expect(metrics).toContain('route="/v1/things/:id",method="GET",status="200"');
    expect(metrics).toContain('route="unmatched"');
    expect(metrics).not.toContain('unbounded');
    expect(metrics).toContain(
      `touchstone_build_info{version="1.2.3",hash="${'ab'.repeat(32)}",service="signer"} 1`,
    );
  });
});

describe('the shutdown of a service', () => {
  it('answers running requests, is not ready meanwhile, and then refuses connections', async () => {
    const service = await start();
    const url = `http://127.0.0.1:${service.ports.http}`;
    const ready = () => fetch(`http://127.0.0.1:${service.ports.health}/readyz`);
    expect((await ready()).status).toBe(200);
    const running = fetch(`${url}/v1/slow`);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const stopped = service.stop();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await ready()).status).toBe(503);
    await expect(fetch(`${url}/v1/busy`)).rejects.toThrow();
    releaseSlow();
    expect(await (await running).json()).toEqual({ slow: true });
    expect(await stopped).toBe(true);
    await expect(ready()).rejects.toThrow();
  });
});
