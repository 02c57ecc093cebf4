import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Module, Post, Req } from '@nestjs/common';
import { tmpdir } from 'node:os';
import { z } from 'zod';
import { loadConfig, serviceKeys } from '../src/entries/config.js';
import {
  ApiRoute,
  HEADER_BYTES_MAX,
  HEADER_FIELDS_MAX,
  REQUEST_TARGET_CHARACTERS_MAX,
  ZodBody,
  ZodParam,
  type HttpRequest,
} from '../src/entries/http.js';
import { silentLogger } from '../src/entries/observability.js';
import { createContext, startService, type RunningService } from '../src/entries/runtime.js';
import { sendRaw, type RawAnswer } from './raw-socket.js';

@Controller('things')
class ThingsController {
  @Get(':id')
  @ApiRoute({ summary: 'One thing.', response: z.object({ id: z.string() }) })
  show(@ZodParam('id', z.string()) id: string) {
    return { id };
  }

  @Post('check')
  @ApiRoute({ summary: 'Checks.', response: z.object({ ok: z.boolean() }) })
  check(@ZodBody(z.strictObject({})) _body: object) {
    return { ok: true };
  }

  @Get(':id/target')
  @ApiRoute({ summary: 'What was asked for.', response: z.object({ target: z.string() }) })
  target(@Req() { url }: HttpRequest) {
    return { target: url };
  }

  @Get(':id/evidence')
  @ApiRoute({
    summary: 'Its evidence.',
    responses: {
      200: { description: 'It.', mediaType: 'application/vnd.x+json;version=1', schema: z.object({}) },
    },
  })
  evidence() {
    return {};
  }
}

@Module({ controllers: [ThingsController] })
class ThingsModule {}

const configSchema = z.object(serviceKeys('signer'));
const env = {
  TOUCHSTONE_HTTP_PORT: '0',
  TOUCHSTONE_HEALTH_PORT: '0',
  TOUCHSTONE_BUILD_HASH: 'ab'.repeat(32),
};
const end = 'Host: x\r\nConnection: close\r\n\r\n';

let service: RunningService;
beforeAll(async () => {
  const definition = { name: 'signer', configSchema, codeFolder: tmpdir(), module: () => ThingsModule };
  const context = await createContext(definition, loadConfig({ schema: configSchema, env }), silentLogger());
  service = await startService(definition, context);
});
afterAll(() => service.stop());

function expectProblem(answer: RawAnswer | undefined, status: number, code: string): void {
  const { type, ...problem } = JSON.parse(answer?.body ?? '{}') as Record<string, unknown>;
  expect({ status: answer?.status, type, problem }).toEqual({
    status,
    type: `https://touchstone.dev/problems/${code}`,
    problem: expect.objectContaining({ status, code }),
  });
  expect(answer?.headers).toMatchObject({
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
}

const post = (fields: string, body: string) =>
  `POST /things/check HTTP/1.1\r\nHost: x\r\n${fields}\r\n\r\n${body}`;

describe.each(['http', 'health'] as const)('bytes that are no request, on the %s port', (port) => {
  it.each([
    ['a length that is no number', post('Content-Length: 1x', '{}'), 400, 'malformed-request'],
    ['a negative length', post('Content-Length: -1', '{}'), 400, 'malformed-request'],
    ['two lengths', post('Content-Length: 2\r\nContent-Length: 3', '{}'), 400, 'malformed-request'],
    [
      'a length beside chunks',
      post('Content-Length: 2\r\nTransfer-Encoding: chunked', '0\r\n\r\n'),
      400,
      'malformed-request',
    ],
    [
      'chunked that is not the last coding',
      post('Transfer-Encoding: chunked, gzip', '0\r\n\r\n'),
      400,
      'malformed-request',
    ],
    ['a blank before the colon', `GET /livez HTTP/1.1\r\nX : y\r\n${end}`, 400, 'malformed-request'],
    ['a folded field', `GET /livez HTTP/1.1\r\nX: y\r\n z\r\n${end}`, 400, 'malformed-request'],
    ['a NUL in a field', `GET /livez HTTP/1.1\r\nX: \0\r\n${end}`, 400, 'malformed-request'],
    ['lines that end in LF alone', 'GET /livez HTTP/1.1\nHost: x\n\n', 400, 'malformed-request'],
    ['no Host', 'GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'malformed-request'],
    ['two Hosts', `GET /livez HTTP/1.1\r\nHost: y\r\n${end}`, 400, 'malformed-request'],
    [
      'two Authorizations',
      `GET /livez HTTP/1.1\r\nAuthorization: a\r\nauthorization: a\r\n${end}`,
      400,
      'malformed-request',
    ],
    ['a target without a path', `GET livez HTTP/1.1\r\n${end}`, 400, 'malformed-request'],
    ['a target of another scheme', `GET ftp://x/livez HTTP/1.1\r\n${end}`, 400, 'malformed-request'],
    ['a fragment', `GET /livez#x HTTP/1.1\r\n${end}`, 400, 'malformed-request'],
    ['a fragment behind a query', `GET /livez?a#x HTTP/1.1\r\n${end}`, 400, 'malformed-request'],
    ['a backslash', `GET /things\\a HTTP/1.1\r\n${end}`, 400, 'malformed-request'],
    ['a backslash in a URL', `GET http://x/things\\a HTTP/1.1\r\n${end}`, 400, 'malformed-request'],
    ['a URL with a user', `GET http://a@x/livez HTTP/1.1\r\n${end}`, 400, 'malformed-request'],
    ['a URL without a host', `GET http:///livez HTTP/1.1\r\n${end}`, 400, 'malformed-request'],
    ['a URL that cannot be read', `GET http://[x/livez HTTP/1.1\r\n${end}`, 400, 'malformed-request'],
    ['half a percent-encoding', `GET /things/%4 HTTP/1.1\r\n${end}`, 400, 'malformed-request'],
    [
      'a percent-encoding that is no UTF-8',
      `GET /things/a?b=%ff HTTP/1.1\r\n${end}`,
      400,
      'malformed-request',
    ],
    ['HTTP/2 without being asked', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'malformed-request'],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 400, 'malformed-request'],
    ['a method that nobody knows', `HACK /livez HTTP/1.1\r\n${end}`, 501, 'method-not-implemented'],
    ['CONNECT', `CONNECT x:1 HTTP/1.1\r\n${end}`, 501, 'method-not-implemented'],
    [
      'an expectation that nobody knows',
      `GET /livez HTTP/1.1\r\nExpect: coffee\r\n${end}`,
      417,
      'expectation-failed',
    ],
  ])('refuses %s and closes', async (_, text, status, code) => {
    const answers = await sendRaw(service.ports[port], [text]);
    expect(answers).toHaveLength(1);
    expectProblem(answers[0], status, code);
    expect(answers[0]?.headers['connection']).toBe('close');
  });

  it('reads a header of the limit and refuses one byte more', async () => {
    const request = (bytes: number) => {
      // What the parser counts: the target, the names and the values.
      const fixed = '/livez'.length + 'Host'.length + 1 + 'Connection'.length + 'close'.length + 'X'.length;
      return `GET /livez HTTP/1.1\r\nX: ${'y'.repeat(bytes - fixed)}\r\n${end}`;
    };
    const [taken] = await sendRaw(service.ports[port], [request(HEADER_BYTES_MAX)]);
    expect(taken?.status).toBe(port === 'http' ? 404 : 200);
    const [refused] = await sendRaw(service.ports[port], [request(HEADER_BYTES_MAX + 1)]);
    expectProblem(refused, 431, 'headers-too-large');
  });

  it('reads as many fields as the limit and refuses one more', async () => {
    const request = (count: number) => `GET /livez HTTP/1.1\r\n${'X: y\r\n'.repeat(count - 2)}${end}`;
    const [taken] = await sendRaw(service.ports[port], [request(HEADER_FIELDS_MAX)]);
    expect(taken?.status).toBe(port === 'http' ? 404 : 200);
    const [refused] = await sendRaw(service.ports[port], [request(HEADER_FIELDS_MAX + 1)]);
    expectProblem(refused, 431, 'headers-too-large');
  });

  it('reads a target of the limit and refuses one character more', async () => {
    const request = (length: number) =>
      `GET /livez?${'q'.repeat(length - '/livez?'.length)} HTTP/1.1\r\n${end}`;
    const [taken] = await sendRaw(service.ports[port], [request(REQUEST_TARGET_CHARACTERS_MAX)]);
    expect(taken?.status).toBe(port === 'http' ? 404 : 200);
    const [refused] = await sendRaw(service.ports[port], [request(REQUEST_TARGET_CHARACTERS_MAX + 1)]);
    expectProblem(refused, 414, 'target-too-long');
  });

  it('answers the whole request before the garbage behind it, and closes', async () => {
    const answers = await sendRaw(service.ports[port], ['GET /livez HTTP/1.1\r\nHost: x\r\n\r\n\0\0\0\0']);
    expect(answers[0]?.status).toBe(port === 'http' ? 404 : 200);
    // The second one stands there only when the first was out before the garbage came.
    expect(answers.slice(1).filter(({ status }) => status !== 400 && status !== 501)).toEqual([]);
  });
});

describe('a path that is known', () => {
  const ask = async (line: string, fields = '') =>
    (await sendRaw(service.ports.http, [`${line} HTTP/1.1\r\n${fields}${end}`]))[0];

  it.each([
    ['GET', '/things/check', 'OPTIONS, POST'],
    ['HEAD', '/things/check', 'OPTIONS, POST'],
    ['PUT', '/things/CHECK/', 'OPTIONS, POST'],
    ['POST', '/things/a', 'GET, HEAD, OPTIONS'],
    ['DELETE', '/things/a/evidence?x=1', 'GET, HEAD, OPTIONS'],
    ['TRACE', '/openapi.json', 'GET, HEAD, OPTIONS'],
  ])('does not answer %s %s, and says what it answers', async (method, path, allow) => {
    const answer = await ask(`${method} ${path}`);
    expect(answer?.status).toBe(405);
    expect(answer?.headers['allow']).toBe(allow);
  });

  it('is found in an absolute target too', async () => {
    expect(JSON.parse((await ask('GET http://elsewhere/things/a'))?.body ?? '')).toEqual({ id: 'a' });
    expect((await ask('POST http://elsewhere/things/a'))?.status).toBe(405);
  });

  it.each([
    ['/things/a/target?b=1', '/things/a/target?b=1'],
    ['//things/a/target', undefined],
    ['http://elsewhere/things/a/target?b=1', '/things/a/target?b=1'],
    ['HTTPS://u;v:1/things/a/target', '/things/a/target'],
    ['http://elsewhere?/things/a/target', undefined],
  ])('asked for as %s has the target %s', async (asked, target) => {
    const answer = await ask(`GET ${asked}`);
    expect(answer?.status).toBe(target === undefined ? 404 : 200);
    if (target !== undefined) expect(JSON.parse(answer?.body ?? '')).toEqual({ target });
  });

  it.each([
    ['/things/check', 'OPTIONS, POST'],
    ['/things/a', 'GET, HEAD, OPTIONS'],
    ['*', 'GET, HEAD, OPTIONS, POST'],
  ])('answers OPTIONS %s', async (path, allow) => {
    expect(await ask(`OPTIONS ${path}`)).toMatchObject({ status: 204, body: '', headers: { allow } });
  });

  it('answers HEAD as GET without the body', async () => {
    const [answer] = await sendRaw(service.ports.http, [`HEAD /things/a HTTP/1.1\r\n${end}`]).catch(() => []);
    expect(answer).toMatchObject({ status: 200, headers: { 'content-length': '10' } });
  });

  it.each([
    ['/things/a', 'text/html', 406],
    ['/things/a', 'application/json;q=0', 406],
    ['/things/a', 'text/html, */*;q=0.1', 200],
    ['/things/a', 'application/*', 200],
    ['/things/a', '', 200],
    ['/things/a/evidence', 'application/json', 200],
    ['/things/a/evidence', 'application/vnd.x+json', 200],
    ['/things/a/evidence', 'text/plain', 406],
  ])('of %s with Accept: %s is answered %i', async (path, accept, status) => {
    const answer = await ask(`GET ${path}`, `Accept: ${accept}\r\n`);
    expect(answer?.status).toBe(status);
    if (status === 406) expectProblem(answer, 406, 'not-acceptable');
  });
});

describe('an unknown path', () => {
  it.each(['GET', 'OPTIONS', 'DELETE'])('is not found by %s', async (method) => {
    const [answer] = await sendRaw(service.ports.http, [`${method} /nothing HTTP/1.1\r\n${end}`]);
    expectProblem(answer, 404, 'not-found');
  });
});
