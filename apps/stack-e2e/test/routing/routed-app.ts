import type { CanActivate, ExecutionContext, Type } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { loadConfig, serviceKeys } from '@touchstone/platform/config';
import { collectRoutes, type ControllerClass } from '@touchstone/platform/http';
import { silentLogger } from '@touchstone/platform/observability';
import { createContext, createHttpApp } from '@touchstone/platform/runtime';
import { Agent, request, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { z } from 'zod';

/** The controllers of one service behind the platform's router, each of whose methods says that it was reached and does nothing else. */
export interface RoutedApp {
  /** What answered: the status, and the operation that was reached or the methods in `Allow`. */
  route(method: string, target: string): Promise<string>;
  close(): Promise<void>;
}

const HANDLER_HEADER = 'x-handler';

/** Answers in place of whatever would have come next: other guards, the body, the handler. */
const tellHandler: CanActivate = {
  canActivate(context: ExecutionContext) {
    const name = `${context.getClass().name.replace(/Controller$/, '')}_${context.getHandler().name}`;
    context
      .switchToHttp()
      .getResponse<{ writeHead(status: number, headers: object): { end(): void } }>()
      .writeHead(200, { [HANDLER_HEADER]: name })
      .end();
    return new Promise<boolean>(() => undefined);
  },
};

/** Makes Nest construct the controllers without what they are given in their service: routing asks for none of it. */
function withoutDependencies(controllers: readonly ControllerClass[]): void {
  for (const controller of controllers) {
    for (const key of ['design:paramtypes', 'self:paramtypes']) Reflect.defineMetadata(key, [], controller);
  }
  const handlers = collectRoutes(controllers).map(({ handler }) => handler);
  for (const target of [...controllers, ...handlers]) {
    for (const key of ['__guards__', '__interceptors__', '__exceptionFilters__'])
      Reflect.defineMetadata(key, [], target);
  }
}

function moduleOf(controllers: readonly ControllerClass[]): Type {
  class Routes {}
  Module({ controllers: controllers as Type[] })(Routes);
  return Routes;
}

/** The service's own application. */
export async function routedApp(controllers: readonly ControllerClass[]): Promise<RoutedApp> {
  withoutDependencies(controllers);
  const configSchema = z.object(serviceKeys('signer'));
  const definition = {
    name: 'signer',
    configSchema,
    codeFolder: tmpdir(),
    module: () => moduleOf(controllers),
  };
  const config = loadConfig({ schema: configSchema, env: { TOUCHSTONE_BUILD_HASH: 'ab'.repeat(32) } });
  const context = await createContext(definition, config, silentLogger());
  const { app, server } = await createHttpApp(context, definition.module());
  app.useGlobalGuards(tellHandler);
  await app.init();
  return listening(server, () => app.close());
}

async function listening(server: Server, close: () => Promise<void>): Promise<RoutedApp> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  return {
    async route(method, target) {
      const { status, headers } = await ask(agent, port, method, target);
      const told = headers[HANDLER_HEADER] ?? headers.allow;
      return told === undefined ? String(status) : `${status} ${String(told)}`;
    },
    async close() {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await close();
    },
  };
}

interface Head {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

function ask(agent: Agent, port: number, method: string, target: string): Promise<Head> {
  return new Promise((resolve, reject) => {
    request({ agent, host: '127.0.0.1', port, method, path: target }, (response) => {
      response.resume();
      // Not at its end: what no parser could read is refused with a body, also where it was a HEAD.
      resolve({ status: response.statusCode ?? 0, headers: response.headers });
    })
      .on('error', reject)
      .end();
  });
}
