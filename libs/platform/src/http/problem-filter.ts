import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { AppError, type ErrorCode } from '@touchstone/contracts';
import type { ServerResponse } from 'node:http';
import type { Logger } from '../logging/logger.js';
import type { HttpRequest } from './request.js';
import { requestPath } from './request.js';
import { sendProblem } from './send-problem.js';

/** Answers every error of an HTTP request as `application/problem+json` (RFC 9457). */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    // Other transports translate errors themselves; they never share this filter.
    if (host.getType() !== 'http') throw error;
    const request = host.switchToHttp().getRequest<HttpRequest>();
    const response = host.switchToHttp().getResponse<ServerResponse>();
    const known = translate(error);
    this.report(error, known, request);
    if (response.headersSent) {
      // Half an answer is out: a cut connection is the only way left to say that it is not the whole.
      response.destroy();
      return;
    }
    this.send(response, known);
  }

  /** Writes the answer; an interface with a form of its own writes another. */
  protected send(response: ServerResponse, error: unknown): void {
    sendProblem(response, error);
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

const codeByStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'validation-failed',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not-found',
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

function translate(error: unknown): unknown {
  if (!(error instanceof HttpException)) return error;
  const code = codeByStatus[error.getStatus()];
  if (code === undefined) return error;
  return new AppError(code, error.message, { status: error.getStatus(), cause: error });
}
