export { allowUpload, LONG_REQUEST_TIMEOUT_MS, UPLOADED_BYTES_PER_SECOND } from '../http/body-time.js';
export { BearerGuard, callerOf, type Callers } from '../http/bearer-guard.js';
export {
  BEARER_TOKEN_CHARACTERS_MAX,
  bearerTextOf,
  BearerTokens,
  callerTokens,
} from '../http/bearer-tokens.js';
export { ANY_ORIGIN, CORS_PREFLIGHT_AGE_SECONDS_MAX } from '../http/cors.js';
export { readJsonBody, requireJson, type BodyOptions } from '../http/json-body.js';
export {
  BODY_BYTES_DEFAULT_MAX,
  BODY_DEPTH_MAX,
  CONNECTIONS_MAX,
  HEADER_BYTES_MAX,
  HEADER_FIELDS_MAX,
  HEADERS_TIMEOUT_MS,
  KEEP_ALIVE_TIMEOUT_MS,
  REQUEST_TARGET_CHARACTERS_MAX,
  REQUEST_TIMEOUT_MS,
} from '../http/limits.js';
export { createLimitedServer, type ServerLimits } from '../http/limited-server.js';
export { ProblemFilter } from '../http/problem-filter.js';
export { joined, readBodyParts, readRawBody, type ReadBody } from '../http/read-body.js';
export { type HttpRequest } from '../http/request.js';
export { collectRoutes, type ControllerClass, type Route } from '../http/routes.js';
export { addProblemMembers, renderProblem, sendProblem } from '../http/send-problem.js';
export { validate, type RequestPart } from '../http/validate.js';
export { DeclaredBody, RawBodyBytes, ZodBody, ZodParam, ZodQuery } from '../http/zod-parameters.js';
export { ApiRoute, type ApiResponse, type ApiRouteOptions } from '../openapi/api-route.js';
export { buildOpenApi, writeOpenApi, type OpenApiDocument, type OpenApiInfo } from '../openapi/document.js';
