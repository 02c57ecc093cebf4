import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Delete, Get, HttpCode, Module, Post, Res } from '@nestjs/common';
import { AppError } from '@touchstone/contracts';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { z } from 'zod';
import { corsKeys, loadConfig, serviceKeys } from '../src/entries/config.js';
import {
  ApiRoute,
  CORS_PREFLIGHT_AGE_SECONDS_MAX,
  REQUEST_TARGET_CHARACTERS_MAX,
  ZodBody,
  ZodParam,
} from '../src/entries/http.js';
import { silentLogger } from '../src/entries/observability.js';
import { createContext, startService, type RunningService } from '../src/entries/runtime.js';
import { sendRaw } from './raw-socket.js';

const SHOP = 'https://shop.example';
const BODY_BYTES_MAX = 32;

@Controller('things')
class ThingsController {
  @Get(':id')
  @ApiRoute({ summary: 'One thing.', public: true, response: z.object({ id: z.string() }) })
  show(@ZodParam('id', z.string()) id: string) {
    if (id === 'missing') throw new AppError('unknown-model', 'There is no such thing.');
    if (id === 'broken') throw new Error('inside');
    if (id === 'busy') throw new AppError('rate-limited', 'Too many.', { retryAfterSeconds: 3 });
    return { id };
  }

  @Post(':id/buy')
  @ApiRoute({ summary: 'Buys.', public: true, response: z.object({ ok: z.boolean() }) })
  buy(
    @ZodParam('id', z.string()) id: string,
    @ZodBody(z.strictObject({}), { bytesMax: BODY_BYTES_MAX }) _body: object,
    @Res() response: ServerResponse,
  ) {
    if (id === 'unpaid') {
      response.setHeader('PAYMENT-REQUIRED', 'e30=');
      throw new AppError('payment-required', 'Pay.');
    }
    if (id === 'taken') throw new AppError('payment-bound-to-other-request', 'It is taken.');
    if (id === 'later') throw new AppError('settlement-pending', 'Soon.');
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 11 }).end('{"ok":true}');
  }

  @Delete(':id')
  @HttpCode(200)
  @ApiRoute({ summary: 'Takes it away.', security: ['operator'], response: z.object({}) })
  remove() {
    return {};
  }

  @Post('settle')
  @ApiRoute({ summary: 'Settles.', security: ['token'], response: z.object({}) })
  settle() {
    return {};
  }
}

@Module({ controllers: [ThingsController] })
class ThingsModule {}

const configSchema = z.object({ ...serviceKeys('signer'), ...corsKeys() });

async function start(origins?: string): Promise<RunningService> {
  const env = {
    TOUCHSTONE_HTTP_PORT: '0',
    TOUCHSTONE_HEALTH_PORT: '0',
    TOUCHSTONE_BUILD_HASH: 'ab'.repeat(32),
    TOUCHSTONE_CORS_ORIGINS: origins,
  };
  const definition = { name: 'signer', configSchema, codeFolder: tmpdir(), module: () => ThingsModule };
  const context = await createContext(definition, loadConfig({ schema: configSchema, env }), silentLogger());
  return startService(definition, context);
}

let service: RunningService;
let closed: RunningService;
let open: RunningService;
beforeAll(async () => {
  service = await start(`${SHOP},http://127.0.0.1:3000`);
  closed = await start();
  open = await start('*');
});
afterAll(() => Promise.all([service.stop(), closed.stop(), open.stop()]));

interface Asked {
  readonly host?: string;
  readonly fields?: string;
  readonly body?: string;
  readonly from?: RunningService;
}

/** One request as text, so that it can be one that no client would send. */
async function ask(line: string, origin: string | undefined, asked: Asked = {}) {
  const { host = 'Host: x\r\n', fields = '', body = '', from = service } = asked;
  const named = origin === undefined ? '' : `Origin: ${origin}\r\n`;
  const length = body === '' || /encoding/i.test(fields) ? '' : `Content-Length: ${body.length}\r\n`;
  const head = `${line} HTTP/1.1\r\n${host}${named}${fields}${length}Connection: close\r\n\r\n`;
  const [answer] = await sendRaw(from.ports.http, [head + body]);
  if (answer === undefined) throw new Error('no answer');
  return answer;
}

const sharing = (headers: Readonly<Record<string, string>>) =>
  Object.keys(headers).filter((name) => name.startsWith('access-control-'));
const json = 'Content-Type: application/json\r\n';

const answers = (
  [
    ['a good answer', 200, 'GET /things/abc'],
    ['a good answer to HEAD', 200, 'HEAD /things/abc'],
    ['a good answer to a POST', 200, 'POST /things/a/buy', { fields: json, body: '{}' }],
    ['an answer that is not there yet', 202, 'POST /things/later/buy', { fields: json, body: '{}' }],
    ['a challenge', 402, 'POST /things/unpaid/buy', { fields: json, body: '{}' }],
    ['nothing behind an id', 404, 'GET /things/missing'],
    ['a path that nobody answers', 404, 'GET /nothing'],
    ['a method that nobody answers', 405, 'PUT /things/abc'],
    ['a form that is not there', 406, 'GET /things/abc', { fields: 'Accept: image/png\r\n' }],
    ['a payment that is taken', 409, 'POST /things/taken/buy', { fields: json, body: '{}' }],
    ['a body that is too large', 413, 'POST /things/a/buy', { fields: json, body: `{${' '.repeat(64)}}` }],
    ['a target that is too long', 414, `GET /things/a?${'x'.repeat(REQUEST_TARGET_CHARACTERS_MAX)}`],
    ['another media type', 415, 'POST /things/a/buy', { fields: 'Content-Type: text/plain\r\n', body: '{}' }],
    ['an expectation', 417, 'GET /things/abc', { fields: 'Expect: a pony\r\n' }],
    ['a body outside its schema', 422, 'POST /things/a/buy', { fields: json, body: '{"a":1}' }],
    ['too many requests', 429, 'GET /things/busy'],
    ['too many fields', 431, 'GET /things/abc', { fields: 'X: y\r\n'.repeat(110) }],
    ['a failure', 500, 'GET /things/broken'],
    ['a missing Host', 400, 'GET /things/abc', { host: '' }],
    ['two Hosts', 400, 'GET /things/abc', { host: 'Host: x\r\nHost: y\r\n' }],
    ['a broken encoding of the target', 400, 'GET /things/%zz'],
    ['a target with a host', 200, 'GET http://other/things/abc'],
    [
      'a chunk that is none',
      400,
      'POST /things/a/buy',
      { fields: `${json}Transfer-Encoding: chunked\r\n`, body: 'zz\r\n{}\r\n' },
    ],
  ] as [string, number, string, Asked?][]
).map(
  // Jest takes a parameter without an argument for a callback.
  ([what, status, line, asked = {}]) => [what, status, line, asked] as const,
);

describe('the answers of public routes to pages of other origins', () => {
  it.each(answers)('are readable for a listed one: %s (%d)', async (_what, status, line, asked) => {
    for (const origin of [SHOP, 'http://127.0.0.1:3000']) {
      const answer = await ask(line, origin, asked);
      expect(answer.status).toBe(status);
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': origin,
        vary: 'Origin',
        'access-control-expose-headers':
          'payment-required, payment-response, x-payment-response, idempotent-replayed, location, retry-after, ratelimit, ratelimit-policy',
      });
      expect(answer.headers).not.toHaveProperty('access-control-allow-credentials');
    }
  });

  it.each(answers)('tell nothing to one that is not listed: %s (%d)', async (_what, status, line, asked) => {
    const others = [
      undefined,
      'null',
      `${SHOP}.evil.example`,
      `${SHOP}:8443`,
      `${SHOP}, ${SHOP}`,
      'http://x',
    ];
    for (const origin of others) {
      const answer = await ask(line, origin, asked);
      expect([answer.status, sharing(answer.headers)]).toEqual([status, []]);
      // A cache must not give this answer to a page of a listed origin.
      expect(answer.headers['vary']).toBe('Origin');
    }
  });

  it.each(answers)('are as ever where no origin is listed: %s (%d)', async (_what, status, line, asked) => {
    const answer = await ask(line, SHOP, { ...asked, from: closed });
    expect([answer.status, sharing(answer.headers), answer.headers['vary']]).toEqual([status, [], undefined]);
  });

  it.each(answers)(
    'are the same for everybody where every origin is: %s (%d)',
    async (_what, status, line, asked) => {
      for (const origin of [SHOP, 'https://other.example', undefined]) {
        const { headers, ...answer } = await ask(line, origin, { ...asked, from: open });
        expect([answer.status, headers['access-control-allow-origin'], headers['vary']]).toEqual([
          status,
          '*',
          undefined,
        ]);
        expect(headers).not.toHaveProperty('access-control-allow-credentials');
      }
    },
  );
});

describe('a route that is not public', () => {
  it.each([
    ['DELETE /things/abc', ''],
    ['POST /things/settle', ''],
    ['PUT /things/settle', ''],
    ['GET /openapi.json', ''],
    ['OPTIONS /things/settle', 'Access-Control-Request-Method: POST\r\n'],
    ['OPTIONS /things/abc', 'Access-Control-Request-Method: DELETE\r\n'],
  ])('has no field for pages: %s %s', async (line, fields) => {
    for (const from of [service, open]) {
      const { headers } = await ask(line, SHOP, { fields, from });
      expect([sharing(headers), headers['vary']]).toEqual([[], undefined]);
    }
  });

  it('is the port of health and metrics', async () => {
    for (const path of ['/readyz', '/metrics', '/nothing']) {
      const response = await fetch(`http://127.0.0.1:${service.ports.health}${path}`, {
        headers: { origin: SHOP },
      });
      await response.text();
      expect(sharing(Object.fromEntries(response.headers))).toEqual([]);
    }
  });
});

describe('a preflight', () => {
  const fields =
    'Access-Control-Request-Method: POST\r\n' +
    'Access-Control-Request-Headers: content-type,payment-signature,access-control-expose-headers\r\n';

  it('is answered with what the route takes, and Allow as ever', async () => {
    const answer = await ask('OPTIONS /things/a/buy', SHOP, { fields });
    expect([answer.status, answer.body]).toEqual([204, '']);
    expect(answer.headers).toMatchObject({
      allow: 'OPTIONS, POST',
      vary: 'Origin',
      'access-control-allow-origin': SHOP,
      'access-control-allow-methods': 'POST',
      'access-control-max-age': String(CORS_PREFLIGHT_AGE_SECONDS_MAX),
    });
    const taken = (answer.headers['access-control-allow-headers'] ?? '').split(', ');
    for (const name of [
      'accept',
      'access-control-expose-headers',
      'content-type',
      'payment-signature',
      'traceparent',
      'x-payment',
    ])
      expect(taken).toContain(name);
    expect(taken).not.toContain('authorization');
    expect(answer.headers).not.toHaveProperty('access-control-allow-credentials');
  });

  it('names the public methods of a path alone', async () => {
    const answer = await ask('OPTIONS /things/abc', SHOP, {
      fields: 'Access-Control-Request-Method: GET\r\n',
    });
    expect(answer.headers).toMatchObject({
      allow: 'DELETE, GET, HEAD, OPTIONS',
      'access-control-allow-methods': 'GET, HEAD',
    });
  });

  it.each([
    ['of an origin that is not listed', 'https://other.example', fields],
    ['without an origin', undefined, fields],
  ])('%s gets Allow alone', async (_what, origin, own) => {
    const answer = await ask('OPTIONS /things/a/buy', origin, { fields: own });
    expect([answer.status, answer.headers['allow'], sharing(answer.headers)]).toEqual([
      204,
      'OPTIONS, POST',
      [],
    ]);
  });

  it('is no plain OPTIONS', async () => {
    const { status, headers } = await ask('OPTIONS /things/a/buy', SHOP);
    expect([status, headers['allow']]).toEqual([204, 'OPTIONS, POST']);
    expect(headers).not.toHaveProperty('access-control-allow-methods');
  });
});

it('the document says of each route whether pages may use it, as the server has it', async () => {
  const response = await fetch(`http://127.0.0.1:${service.ports.http}/openapi.json`);
  const { paths } = (await response.json()) as {
    paths: Record<string, Record<string, { 'x-cross-origin'?: boolean }>>;
  };
  const shared = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => operation['x-cross-origin'] === true)
      .map(([method]) => `${method} ${path}`),
  );
  expect(shared).toEqual(['get /things/{id}', 'post /things/{id}/buy']);
});
