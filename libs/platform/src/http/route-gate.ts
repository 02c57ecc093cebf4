import { AppError } from '@touchstone/contracts';
import type { ServerResponse } from 'node:http';
import type { HttpRequest } from './request.js';
import { requestPath } from './request.js';
import type { RouteTable } from './route-table.js';
import { sendProblem } from './send-problem.js';

/**
 * Express middleware that answers what depends on the path alone, before a route sees it: OPTIONS with `Allow`, 405
 * with `Allow` for other methods, 406 where `Accept` takes nothing that the route has.
 */
export function routeGate(table: RouteTable) {
  return (request: HttpRequest, response: ServerResponse, next: () => void): void => {
    const { method = '', url } = request;
    const path = requestPath(request);
    const entry = table.find(path);
    if (method === 'OPTIONS' && (entry !== undefined || url === '*')) {
      const allow = entry?.methods.join(', ') ?? 'GET, HEAD, OPTIONS, POST';
      response.writeHead(204, { allow }).end();
      return;
    }
    if (entry === undefined) return next();
    if (!entry.methods.includes(method) && !entry.methods.includes('ALL')) {
      const allow = entry.methods.join(', ');
      response.setHeader('allow', allow);
      sendProblem(
        response,
        new AppError('method-not-allowed', `${path.slice(0, 256)} answers ${allow}, not ${method}.`),
      );
      return;
    }
    const mediaTypes = entry.mediaTypesOf(method);
    if (mediaTypes.length === 0 || takes(request, mediaTypes)) return next();
    sendProblem(
      response,
      new AppError('not-acceptable', `${path.slice(0, 256)} is there as ${mediaTypes.join(', ')}.`),
    );
  };
}

/** An empty `Accept` asks for nothing in particular; every `+json` is JSON as well (RFC 6839, section 3.1). */
function takes(request: HttpRequest, mediaTypes: readonly string[]): boolean {
  if ((request.headers.accept ?? '').trim() === '') return true;
  const json = mediaTypes.some((type) => /\+json(?:;|$)/.test(type)) ? ['application/json'] : [];
  return request.accepts([...mediaTypes, ...json]) !== false;
}
