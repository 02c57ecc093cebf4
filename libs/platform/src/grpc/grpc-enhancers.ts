import type { Metadata } from '@grpc/grpc-js';
import {
  Catch,
  type ArgumentsHost,
  type CallHandler,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { context } from '@opentelemetry/api';
import { AppError } from '@touchstone/contracts';
import { Observable, throwError } from 'rxjs';
import type { Logger } from '../logging/logger.js';
import { currentTraceId, remoteContext, startServerSpan } from '../tracing/tracing.js';
import { toGrpcError } from './grpc-status.js';

/** Answers errors of gRPC calls with a status and an `ErrorInfo`. */
@Catch()
export class GrpcProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, _host: ArgumentsHost): Observable<never> {
    if (!(error instanceof AppError) || error.code === 'internal')
      this.logger.error({ err: error }, 'gRPC call failed');
    const traceId = currentTraceId();
    return throwError(() => toGrpcError(error, traceId));
  }
}

/** Continues the caller's trace, which the metadata carry as `traceparent`. */
export class GrpcTraceInterceptor implements NestInterceptor {
  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    const metadata = execution.switchToRpc().getContext<Metadata | undefined>();
    const name = `gRPC ${execution.getClass().name}/${execution.getHandler().name}`;
    const { span, context: active } = startServerSpan(name, remoteContext(carrierOf(metadata)));
    return new Observable((subscriber) => {
      const subscription = context.with(active, () => next.handle().subscribe(subscriber));
      return () => {
        span.end();
        subscription.unsubscribe();
      };
    });
  }
}

function carrierOf(metadata: Metadata | undefined): Record<string, string> {
  const traceparent = metadata?.get('traceparent')[0];
  return typeof traceparent === 'string' ? { traceparent } : {};
}
