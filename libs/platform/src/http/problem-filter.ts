import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { AppError, toProblem, type ErrorCode } from '@touchstone/contracts';
import type { ServerResponse } from 'node:http';
import type { Logger } from '../logging/logger.js';
import { currentTraceId } from '../tracing/tracing.js';
import type { HttpRequest } from './request.js';
import { requestPath } from './request.js';
import type { RouteTable } from './routes.js';

/** Seconds after which a refused caller may try again when the error does not say. */
const RETRY_AFTER_DEFAULT_SECONDS = 1;
const retryLater = new Set<ErrorCode>(['queue-full', 'rate-limited', 'dependency-unavailable']);

/** Answers every error of an HTTP request as `application/problem+json` (RFC 9457). */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly logger: Logger,
    private readonly routes: () => RouteTable,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    // Other transports translate errors themselves; they never share this filter.
    if (host.getType() !== 'http') throw error;
    const request = host.switchToHttp().getRequest<HttpRequest>();
    const response = host.switchToHttp().getResponse<ServerResponse>();
    const known = this.translate(error, request, response);
    this.report(error, known, request);
    if (response.headersSent) {
      // Half an answer is out: a cut connection is the only way left to say that it is not the whole.
      response.destroy();
      return;
    }
    sendProblem(response, known);
  }

  private translate(error: unknown, request: HttpRequest, response: ServerResponse): unknown {
    if (!(error instanceof HttpException)) return error;
    if (error.getStatus() !== 404) return fromHttpException(error);
    const path = requestPath(request);
    const allowed = this.routes().methodsOf(path);
    if (allowed.length === 0 || allowed.includes(request.method ?? '') || allowed.includes('ALL'))
      return new AppError('not-found', `There is no resource at ${path.slice(0, 256)}.`);
    response.setHeader('allow', allowed.join(', '));
    return new AppError(
      'method-not-allowed',
      `${path.slice(0, 256)} answers ${allowed.join(', ')}, not ${request.method}.`,
    );
  }

  private report(error: unknown, known: unknown, request: HttpRequest): void {
    const status = known instanceof AppError ? known.status : 500;
    const fields = { method: request.method, path: requestPath(request), status, err: error };
    if (!(known instanceof AppError) || known.code === 'internal')
      this.logger.error(fields, 'request failed');
    else if (status >= 500) this.logger.warn(fields, 'request refused');
    else this.logger.debug(fields, 'request refused');
  }
}

/** Writes a problem; usable from plain middleware too. */
export function sendProblem(response: ServerResponse, error: unknown): void {
  const traceId = currentTraceId();
  const problem = toProblem(error, traceId === undefined ? {} : { traceId });
  const body = Buffer.from(JSON.stringify(problem));
  const retryAfter =
    (error instanceof AppError ? error.retryAfterSeconds : undefined) ??
    (retryLater.has(problem.code) ? RETRY_AFTER_DEFAULT_SECONDS : undefined);
  if (retryAfter !== undefined) response.setHeader('retry-after', String(Math.ceil(retryAfter)));
  // The rest of a body that is too large is not read: the connection ends with the answer.
  if (problem.code === 'body-too-large') response.setHeader('connection', 'close');
  response.writeHead(problem.status, {
    'content-type': 'application/problem+json',
    'content-length': body.length,
    'cache-control': 'no-store',
  });
  response.end(body);
}

const codeByStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'validation-failed',
  401: 'unauthenticated',
  403: 'forbidden',
  405: 'method-not-allowed',
  408: 'timeout',
  409: 'conflict',
  413: 'body-too-large',
  415: 'unsupported-media-type',
  422: 'validation-failed',
  429: 'rate-limited',
  503: 'dependency-unavailable',
  504: 'timeout',
};

function fromHttpException(error: HttpException): unknown {
  const code = codeByStatus[error.getStatus()];
  if (code === undefined) return error;
  return new AppError(code, error.message, { status: error.getStatus(), cause: error });
}
