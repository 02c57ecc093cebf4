import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { throwError, type Observable } from 'rxjs';
import type { RateLimits } from '../rates/rate-limits.js';

/** Counts calls as the requests of HTTP, with the same allowance; one too many is `RESOURCE_EXHAUSTED`. */
export class GrpcRateInterceptor implements NestInterceptor {
  /** @param costly names of the methods that cost something */
  constructor(
    private readonly limits: RateLimits,
    private readonly costly: ReadonlySet<string>,
  ) {}

  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    const [, metadata, call] = execution.getArgs<[unknown, Metadata, ServerUnaryCall<unknown, unknown>]>();
    const method = call.getPath().split('/').at(-1) ?? '';
    const forwarded = metadata.get('x-forwarded-for').map(String);
    const { refusal } = this.limits.decide(
      this.costly.has(method) ? 'work' : 'reads',
      call.getPeer().replace(/:\d+$/, ''),
      forwarded.length === 0 ? undefined : forwarded.join(','),
    );
    return refusal === undefined ? next.handle() : throwError(() => refusal);
  }
}
