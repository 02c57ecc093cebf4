import { AppError } from '@touchstone/contracts';
import Negotiator from 'negotiator';
import type { ServerResponse } from 'node:http';
import { requestPath, type HttpRequest } from './request.js';
import type { RouteTable, ServedRoute } from './route-table.js';
import { sendProblem } from './send-problem.js';

/** What a request for no path in particular (`OPTIONS *`) is told. */
const ALLOW_ANYWHERE = 'GET, HEAD, OPTIONS, POST';

/**
 * Answers a request by its route, or before any body is read what depends on path and head alone: OPTIONS with `Allow`, 404, 405 with
 * `Allow`, 406 where `Accept` takes nothing that the route has.
 */
export function answerByRoute(table: RouteTable, request: HttpRequest, response: ServerResponse): void {
  const { method = '', url } = request;
  const path = requestPath(request);
  const entry = table.find(path);
  if (method === 'OPTIONS' && (entry !== undefined || url === '*')) {
    response.writeHead(204, { allow: entry?.allow ?? ALLOW_ANYWHERE }).end();
    return;
  }
  const route = entry?.find(method);
  if (entry === undefined || route === undefined) return refuse(response, method, path, entry?.allow);
  if (!takes(request, route.acceptable)) {
    const detail = `${path.slice(0, 256)} is there as ${route.mediaTypes.join(', ')}.`;
    return sendProblem(response, new AppError('not-acceptable', detail));
  }
  request.route = route;
  request.params = route.parametersOf(path);
  void run(route, request, response);
}

function refuse(response: ServerResponse, method: string, path: string, allow: string | undefined): void {
  const shown = path.slice(0, 256);
  if (allow === undefined)
    return sendProblem(response, new AppError('not-found', `There is no resource at ${shown}.`));
  response.setHeader('allow', allow);
  sendProblem(response, new AppError('method-not-allowed', `${shown} answers ${allow}, not ${method}.`));
}

async function run(route: ServedRoute, request: HttpRequest, response: ServerResponse): Promise<void> {
  try {
    await route.handler(request, response);
  } catch (error) {
    // The exception filters had the errors of the handler; one of their own must not end the process.
    if (response.headersSent) response.destroy();
    else sendProblem(response, error);
  }
}

/** Server-driven negotiation (RFC 9110, section 12.5.1). An empty `Accept` asks for nothing in particular. */
function takes(request: HttpRequest, acceptable: readonly string[]): boolean {
  const accept = (request.headers.accept ?? '').trim();
  if (accept === '' || accept === '*/*' || acceptable.length === 0) return true;
  return new Negotiator(request).mediaTypes([...acceptable]).length > 0;
}
