import type { INestApplication } from '@nestjs/common';
import { DiscoveryService, NestFactory } from '@nestjs/core';
import type { DynamicModule, Type } from '@nestjs/common';
import type { Server, ServerResponse } from 'node:http';
import { crossOriginHeaders, type AnswerHeaders } from '../http/cors.js';
import { LimitedExpressAdapter } from '../http/http-adapter.js';
import { ProblemFilter } from '../http/problem-filter.js';
import { OpenConnections } from '../http/open-connections.js';
import { RequestObserver } from '../http/request-observer.js';
import { routeGate } from '../http/route-gate.js';
import { RouteTable } from '../http/route-table.js';
import { collectRoutes, defaultPostStatus, type ControllerClass, type Route } from '../http/routes.js';
import { corsOriginsOf } from '../config/cors-keys.js';
import { NestLogger } from '../logging/nest-logger.js';
import { apiRouteOf, mediaTypesOf } from '../openapi/api-route.js';
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
 * Makes the Nest application with the platform's HTTP behaviour: no body parser of Express, problems for errors,
 * traces and durations, 200 for POST, `/openapi.json`. The caller may add middleware before `init`.
 */
export async function createHttpApp(
  service: ServiceContext,
  module: Type | DynamicModule,
  openApi?: Partial<OpenApiInfo>,
): Promise<HttpApp> {
  // The server is made before the routes are known; it answers nothing before they are.
  let headersOf: AnswerHeaders = () => ({});
  const adapter = new LimitedExpressAdapter((request) => headersOf(request));
  adapter.disable('x-powered-by');
  adapter.disable('etag');
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
  const routes = collectRoutes(controllers);
  defaultPostStatus(routes);
  const table = new RouteTable([...routes.map(listed), openApiRoute]);
  headersOf = crossOriginHeaders(corsOriginsOf(service.config), table);
  const observer = new RequestObserver(service.metrics, service.logger);
  app.use(observer.middleware);
  app.use(routeGate(table));
  app.useGlobalFilters(new ProblemFilter(service.logger));
  serveDocument(app, controllers, service, openApi);
  const server = app.getHttpServer() as Server;
  return { app, server, connections: new OpenConnections(server) };
}

const openApiRoute = { method: 'GET', path: '/openapi.json', mediaTypes: ['application/json'] };

function listed({ method, path, controller, handlerName }: Route) {
  const options = apiRouteOf(controller.prototype as object, handlerName);
  return { method, path, mediaTypes: mediaTypesOf(options), public: options?.public };
}

/** Built once at start, so that a schema that cannot be rendered stops the service and not a reader. */
function serveDocument(
  app: INestApplication,
  controllers: readonly ControllerClass[],
  { name, version }: ServiceContext,
  openApi: Partial<OpenApiInfo> = {},
): void {
  const document = buildOpenApi(controllers, { title: `Touchstone ${name}`, version, ...openApi });
  const bytes = Buffer.from(JSON.stringify(document));
  app.getHttpAdapter().get(openApiRoute.path, (_request: unknown, response: ServerResponse) => {
    response
      .writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length })
      .end(bytes);
  });
}
