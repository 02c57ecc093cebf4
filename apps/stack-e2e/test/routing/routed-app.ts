import type { CanActivate, ExecutionContext, Type } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { loadConfig, serviceKeys } from '@touchstone/platform/config';
import { collectRoutes, createLimitedServer, type ControllerClass } from '@touchstone/platform/http';
import { silentLogger } from '@touchstone/platform/observability';
import { createContext, createHttpApp } from '@touchstone/platform/runtime';
import { Agent, request, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { z } from 'zod';

/** What answered a request: `Controller.method path-pattern`, or the status and, with 405 and 204, the methods in `Allow`. */
export interface Routed {
  readonly status: number;
  readonly handler: string | undefined;
  readonly allow: string | undefined;
}

/** The controllers of one service behind a router, each of whose methods says that it was reached and does nothing else. */
export interface RoutedApp {
  route(method: string, target: string): Promise<Routed>;
  close(): Promise<void>;
}

const HANDLER_HEADER = 'x-handler';

/** Answers in place of whatever would have come next: other guards, the body, the handler. */
const tellHandler: CanActivate = {
  canActivate(context: ExecutionContext) {
    const { route } = context.switchToHttp().getRequest<{ route: { path: string } }>();
    const name = `${context.getClass().name}.${context.getHandler().name} ${route.path}`;
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
    for (const key of ['__guards__', '__interceptors__']) Reflect.defineMetadata(key, [], target);
  }
}

function moduleOf(controllers: readonly ControllerClass[]): Type {
  class Routes {}
  Module({ controllers: controllers as Type[] })(Routes);
  return Routes;
}

/** The service's own application, with the gate in front of Express. */
export async function gatedApp(controllers: readonly ControllerClass[]): Promise<RoutedApp> {
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

/** Nest on Express as they come, behind a server that refuses the same heads: what routes without the gate. */
export async function expressApp(controllers: readonly ControllerClass[]): Promise<RoutedApp> {
  withoutDependencies(controllers);
  const adapter = new ExpressAdapter();
  const app = await NestFactory.create(moduleOf(controllers), adapter, { logger: false, bodyParser: false });
  app.useGlobalGuards(tellHandler);
  await app.init();
  return listening(createLimitedServer(adapter.getInstance<RequestListener>()), () => app.close());
}

async function listening(server: Server, close: () => Promise<void>): Promise<RoutedApp> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  return {
    async route(method, target) {
      const { status, headers } = await ask(agent, port, method, target);
      const handler = headers[HANDLER_HEADER];
      return { status, handler: handler === undefined ? undefined : String(handler), allow: headers.allow };
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
