import type { INestApplication } from '@nestjs/common';
import { DiscoveryService, NestFactory } from '@nestjs/core';
import type { DynamicModule, Type } from '@nestjs/common';
import type { Server } from 'node:http';
import { bodyBytesInFlightOf } from '../config/body-keys.js';
import { BodyBudget } from '../http/body-budget.js';
import { addBodyFigures } from '../http/body-figures.js';
import { crossOriginHeaders } from '../http/cors.js';
import { NodeHttpAdapter } from '../http/http-adapter.js';
import { ProblemFilter } from '../http/problem-filter.js';
import { OpenConnections } from '../http/open-connections.js';
import { RequestObserver } from '../http/request-observer.js';
import { RouteTable } from '../http/route-table.js';
import { collectRoutes, defaultPostStatus, type ControllerClass } from '../http/routes.js';
import { corsOriginsOf } from '../config/cors-keys.js';
import { NestLogger } from '../logging/nest-logger.js';
import { rateLimitsOf } from '../rates/rate-keys.js';
import { buildOpenApi, type OpenApiInfo } from '../openapi/document.js';
import { ServiceRootModule } from './platform-module.js';
import type { ServiceContext } from './service-context.js';

/** The HTTP side of a service before it listens. */
export interface HttpApp {
  readonly app: INestApplication;
  readonly server: Server;
  readonly connections: OpenConnections;
}

/**
 * Makes the Nest application with the platform's HTTP behaviour: problems for errors, traces and
 * durations, 200 for POST, `/openapi.json`.
 */
export async function createHttpApp(
  service: ServiceContext,
  module: Type | DynamicModule,
  openApi?: Partial<OpenApiInfo>,
): Promise<HttpApp> {
  // Nest adds the routes when it starts; the server listens after that.
  const routes = new RouteTable();
  const observer = new RequestObserver(service.metrics, service.logger);
  const headersOf = crossOriginHeaders(corsOriginsOf(service.config), routes);
  const adapter = new NodeHttpAdapter(
    routes,
    observer,
    headersOf,
    bodyBudgetOf(service),
    rateLimitsOf(service),
  );
  const app = await NestFactory.create(ServiceRootModule.of(service, module), adapter, {
    bodyParser: false,
    logger: new NestLogger(service.logger),
    abortOnError: false,
  });
  const controllers = app
    .get(DiscoveryService)
    .getControllers()
    .map(({ metatype }) => metatype)
    .filter((metatype): metatype is Type => typeof metatype === 'function') as ControllerClass[];
  defaultPostStatus(collectRoutes(controllers));
  app.useGlobalFilters(new ProblemFilter(service.logger));
  serveDocument(routes, controllers, service, openApi);
  const server = app.getHttpServer() as Server;
  return { app, server, connections: new OpenConnections(server) };
}

function bodyBudgetOf({ config, metrics }: ServiceContext): BodyBudget | undefined {
  const bytesMax = bodyBytesInFlightOf(config);
  if (bytesMax === undefined) return undefined;
  const budget = new BodyBudget(bytesMax);
  addBodyFigures(metrics, budget);
  return budget;
}

/** Built once at start, so that a schema that cannot be rendered stops the service and not a reader. */
function serveDocument(
  routes: RouteTable,
  controllers: readonly ControllerClass[],
  { name, version }: ServiceContext,
  openApi: Partial<OpenApiInfo> = {},
): void {
  const document = buildOpenApi(controllers, { title: `Touchstone ${name}`, version, ...openApi });
  const bytes = Buffer.from(JSON.stringify(document));
  const head = { 'content-type': 'application/json', 'content-length': bytes.length };
  routes.add({
    method: 'GET',
    path: '/openapi.json',
    mediaTypes: ['application/json'],
    handler: (_request, response) => response.writeHead(200, head).end(bytes),
  });
}
