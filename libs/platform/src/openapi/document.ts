import { errorRegistry, type ErrorCode } from '@touchstone/contracts';
import { writeFile } from 'node:fs/promises';
import { collectRoutes, successStatus, type ControllerClass, type Route } from '../http/routes.js';
import { requestSchemas, type RequestSchemas } from '../http/request-metadata.js';
import { apiRouteOf, mediaTypesOf, type ApiResponse, type ApiRouteOptions } from './api-route.js';
import { SchemaComponents, type JsonSchema } from './json-schema.js';
import { anyRoute, componentName, problemResponse, problemSchema } from './problem-responses.js';

/** What a document says of its service. */
export interface OpenApiInfo {
  readonly title: string;
  readonly version: string;
  readonly description?: string;
  readonly servers?: readonly { readonly url: string; readonly description?: string }[];
  readonly securitySchemes?: Readonly<Record<string, JsonSchema>>;
}

/** An OpenAPI 3.1 document. */
export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly servers?: OpenApiInfo['servers'];
  readonly paths: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>;
  readonly components: Readonly<Record<string, unknown>>;
}

/**
 * Builds the document of a service from its controllers: method, path and status from Nest's decorators, the request
 * from `@ZodBody`, `@ZodQuery` and `@ZodParam`, the rest from `@ApiRoute`. Code and document share each schema, so
 * they cannot disagree. Paths and statuses are sorted, so that equal controllers give equal text.
 */
export function buildOpenApi(controllers: readonly ControllerClass[], info: OpenApiInfo): OpenApiDocument {
  const components = new SchemaComponents();
  const paths: Record<string, Record<string, JsonSchema>> = {};
  const operationIds = new Set<string>();
  const documented = collectRoutes(controllers)
    .map((route) => ({ route, options: apiRouteOf(route.handler) }))
    .sort((left, right) => compare(routeKey(left.route), routeKey(right.route)));
  for (const { route, options } of documented) {
    if (options === undefined) continue;
    const path = route.path
      .replace(/:([A-Za-z_][A-Za-z0-9_]*)/g, '{$1}')
      .replace(/\{?\*([A-Za-z]+)\}?/g, '{$1}');
    (paths[path] ??= {})[route.method.toLowerCase()] = operation(
      route,
      options,
      components,
      operationIdOf(route, operationIds),
    );
  }
  const { title, version, description, servers, securitySchemes } = info;
  return {
    openapi: '3.1.0',
    info: { title, version, ...(description === undefined ? {} : { description }) },
    ...(servers === undefined ? {} : { servers }),
    paths,
    components: {
      schemas: { Problem: problemSchema, ...components.schemas },
      responses: Object.fromEntries(
        anyRoute.map((code) => [componentName(code), problemResponse([code])] as const),
      ),
      ...(securitySchemes === undefined ? {} : { securitySchemes }),
    },
  };
}

/** Writes a document as indented JSON, so that a changed interface shows as a diff. */
export async function writeOpenApi(path: string, document: OpenApiDocument): Promise<void> {
  await writeFile(path, `${JSON.stringify(document, null, 2)}\n`);
}

function operation(
  route: Route,
  options: ApiRouteOptions,
  components: SchemaComponents,
  operationId: string,
): JsonSchema {
  const request = requestSchemas(route.controller.prototype as object, route.handlerName);
  const parameters = request ? parametersOf(request, components) : [];
  const { body } = request ?? {};
  return {
    operationId,
    summary: options.summary,
    ...(options.description === undefined ? {} : { description: options.description }),
    ...(options.tags === undefined ? {} : { tags: options.tags }),
    ...(options.security === undefined ? {} : { security: options.security.map((name) => ({ [name]: [] })) }),
    // Says that pages of the origins in TOUCHSTONE_CORS_ORIGINS may use it; the server reads the same option.
    ...(options.public === true ? { 'x-cross-origin': true } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? rawBody(options, components)
      : {
          requestBody: {
            required: true,
            description: `At most ${body.bytesMax} bytes.`,
            content: { 'application/json': { schema: components.render(body.schema, 'input') } },
          },
        }),
    responses: responsesOf(route, options, request, components),
  };
}

/** The name of an operation; of a handler with several paths, all after the first are counted. */
function operationIdOf({ controller, handlerName }: Route, taken: Set<string>): string {
  const name = `${controller.name.replace(/Controller$/, '')}_${handlerName}`;
  let id = name;
  for (let count = 2; taken.has(id); count += 1) id = `${name}_${count}`;
  taken.add(id);
  return id;
}

function rawBody(
  { rawBodyMediaType, rawBodySchema }: ApiRouteOptions,
  components: SchemaComponents,
): JsonSchema {
  if (rawBodyMediaType === undefined) return {};
  const content = rawBodySchema === undefined ? {} : { schema: components.render(rawBodySchema, 'input') };
  return { requestBody: { required: true, content: { [rawBodyMediaType]: content } } };
}

function parametersOf(request: RequestSchemas, components: SchemaComponents): JsonSchema[] {
  const path = Object.entries(request.path).map(([name, schema]) => ({
    name,
    in: 'path',
    required: true,
    schema: components.render(schema, 'input'),
  }));
  if (request.query === undefined) return path;
  const query = components.render(request.query, 'input');
  const required = (query['required'] as string[] | undefined) ?? [];
  return [
    ...path,
    ...Object.entries((query['properties'] as Record<string, JsonSchema> | undefined) ?? {}).map(
      ([name, schema]) => ({ name, in: 'query', required: required.includes(name), schema }),
    ),
  ];
}

function responsesOf(
  route: Route,
  options: ApiRouteOptions,
  request: RequestSchemas | undefined,
  components: SchemaComponents,
): JsonSchema {
  const responses: JsonSchema = {};
  const declared: Record<number, ApiResponse> = { ...options.responses };
  if (options.response !== undefined)
    declared[successStatus(route)] ??= { description: 'Success.', schema: options.response };
  for (const [status, answer] of Object.entries(declared)) {
    const { description, schema, mediaType = 'application/json', otherMediaTypes = [] } = answer;
    responses[status] = {
      description,
      ...(schema === undefined && mediaType === 'application/json'
        ? {}
        : {
            content: {
              [mediaType]: schema === undefined ? {} : { schema: components.render(schema, 'output') },
              ...Object.fromEntries(otherMediaTypes.map((type) => [type, {}])),
            },
          }),
    };
  }
  for (const [status, codes] of errorsByStatus(codesOf(options, request), request, options))
    responses[status] ??= problemResponse(
      codes,
      options.errorSchema && components.render(options.errorSchema, 'output'),
    );
  for (const code of anyRoute)
    if (code !== 'not-acceptable' || mediaTypesOf(options).length > 0)
      responses[errorRegistry[code].status] ??= { $ref: `#/components/responses/${componentName(code)}` };
  if (Object.keys(declared).length === 0) responses[successStatus(route)] = { description: 'Success.' };
  return responses;
}

/** The codes that a route names, and those that reading its request brings. */
function codesOf({ errors = [] }: ApiRouteOptions, request: RequestSchemas | undefined): Set<ErrorCode> {
  const codes = new Set<ErrorCode>(errors);
  if (hasParameters(request)) codes.add('malformed-request').add('validation-failed');
  if (request?.body !== undefined)
    codes
      .add('malformed-request')
      .add('malformed-json')
      .add('body-too-large')
      .add('unsupported-media-type')
      .add('validation-failed');
  return codes;
}

function hasParameters(request: RequestSchemas | undefined): boolean {
  return request !== undefined && (request.query !== undefined || Object.keys(request.path).length > 0);
}

/** A bad path or query is a 400, a bad body a 422, under the same code. */
function errorsByStatus(
  codes: Set<ErrorCode>,
  request: RequestSchemas | undefined,
  { rawBodyMediaType }: ApiRouteOptions,
): Map<number, ErrorCode[]> {
  const byStatus = new Map<number, ErrorCode[]>();
  const add = (status: number, code: ErrorCode) =>
    byStatus.set(status, [...(byStatus.get(status) ?? []), code].sort());
  for (const code of codes) {
    if (code !== 'validation-failed') add(errorRegistry[code].status, code);
    else {
      if (hasParameters(request)) add(400, code);
      if (request?.body !== undefined || rawBodyMediaType !== undefined) add(422, code);
    }
  }
  return byStatus;
}

function routeKey({ path, method }: Route): string {
  return `${path} ${method}`;
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
