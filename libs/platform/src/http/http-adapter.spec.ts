import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Get,
  Head,
  Header,
  Module,
  Post,
  Redirect,
  StreamableFile,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import { silentLogger } from '../logging/logger.js';
import { NodeHttpAdapter } from './http-adapter.js';
import { ProblemFilter } from './problem-filter.js';
import { RequestObserver } from './request-observer.js';
import { RouteTable } from './route-table.js';

@Controller('answers')
class AnswersController {
  @Get('object')
  object() {
    return { text: 'é' };
  }

  @Get('list')
  list() {
    return [1];
  }

  @Get('named')
  @Header('content-type', 'application/vnd.x+json')
  named() {
    return {};
  }

  @Post('nothing')
  nothing() {}

  @Get('text')
  text() {
    return 'text';
  }

  @Get('bytes')
  bytes() {
    return new Uint8Array(3);
  }

  @Get('file')
  file() {
    return new StreamableFile(Buffer.alloc(3));
  }

  @Get('circle')
  circle() {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    return circle;
  }
}

interface Served {
  readonly routes: RouteTable;
  readonly url: string;
  close(): Promise<void>;
}

async function serve(controller: Type): Promise<Served> {
  class Root {}
  Module({ controllers: [controller] })(Root);
  const routes = new RouteTable();
  const adapter = new NodeHttpAdapter(routes, new RequestObserver(new Registry()), () => []);
  const options = { logger: false, bodyParser: false, abortOnError: false } as const;
  const app = await NestFactory.create(Root, adapter, options);
  app.useGlobalFilters(new ProblemFilter(silentLogger()));
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  return { routes, url: `http://127.0.0.1:${port}`, close: () => app.close() };
}

describe('what a handler returns', () => {
  let served: Served;
  beforeAll(async () => {
    served = await serve(AnswersController);
  });
  afterAll(() => served.close());

  it.each([
    ['object', '{"text":"é"}', 'application/json; charset=utf-8'],
    ['list', '[1]', 'application/json; charset=utf-8'],
    ['named', '{}', 'application/vnd.x+json'],
  ])('is written as JSON with its length: %s', async (path, body, type) => {
    for (const method of ['GET', 'HEAD']) {
      const response = await fetch(`${served.url}/answers/${path}`, { method });
      expect([response.status, response.headers.get('content-type')]).toEqual([200, type]);
      expect(response.headers.get('content-length')).toBe(String(Buffer.byteLength(body)));
      expect(await response.text()).toBe(method === 'GET' ? body : '');
    }
  });

  it('is an empty body where it is nothing', async () => {
    const response = await fetch(`${served.url}/answers/nothing`, { method: 'POST' });
    expect([response.status, await response.text()]).toEqual([201, '']);
    expect(response.headers.get('content-length')).toBe('0');
  });

  it.each(['text', 'bytes', 'file', 'circle'])('is a failure where it is no JSON: %s', async (path) => {
    const response = await fetch(`${served.url}/answers/${path}`);
    expect(response.status).toBe(500);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
  });

  it('does not end the process where even the filters failed', async () => {
    const route = { method: 'GET', mediaTypes: [] };
    served.routes.add({ ...route, path: '/fails', handler: () => Promise.reject(new Error('in a filter')) });
    served.routes.add({
      ...route,
      path: '/fails-late',
      handler: (_request, response) => {
        response.writeHead(200, { 'content-length': 10 }).write('half');
        throw new Error('in a filter');
      },
    });
    expect((await fetch(`${served.url}/fails`)).status).toBe(500);
    await expect(fetch(`${served.url}/fails-late`).then((response) => response.text())).rejects.toThrow();
    expect((await fetch(`${served.url}/answers/object`)).status).toBe(200);
  });
});

describe('what Nest offers beside', () => {
  it('is refused at the start: HEAD of its own', async () => {
    @Controller('a')
    class WithHead {
      @Head()
      head() {}
    }
    await expect(serve(WithHead)).rejects.toThrow('NodeHttpAdapter has no handlers for head.');
  });

  it('is refused at the start: two handlers of one route', async () => {
    @Controller('a')
    class Twice {
      @Get()
      one() {}
      @Get()
      two() {}
    }
    await expect(serve(Twice)).rejects.toThrow('Two handlers answer GET /a.');
  });

  it('is a failure: redirects', async () => {
    @Controller('a')
    class Moves {
      @Get()
      @Redirect('/b')
      move() {}
    }
    const served = await serve(Moves);
    expect((await fetch(`${served.url}/a`, { redirect: 'manual' })).status).toBe(500);
    await served.close();
  });

  it('is refused: middleware and CORS', () => {
    const adapter = new NodeHttpAdapter(new RouteTable(), new RequestObserver(new Registry()), () => []);
    expect(() => adapter.use(() => undefined)).toThrow('NodeHttpAdapter has no middleware.');
    expect(() => adapter.enableCors()).toThrow('NodeHttpAdapter has no CORS of Nest.');
  });
});
