import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { AppError } from '@touchstone/contracts';
import { finalize, type Observable } from 'rxjs';

/** Models that are received, tried or wait for their trial at the same time; each may be 32 MiB in memory. */
export const UPLOADS_MAX = 8;

/** A trial takes about a second; the longest that is allowed would take twenty. */
const RETRY_AFTER_SECONDS = 5;

/** Counts models from before the first byte of their body until their answer, and refuses one too many. */
@Injectable()
export class UploadLimit implements NestInterceptor {
  private running = 0;

  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (this.running >= UPLOADS_MAX) {
      throw new AppError(
        'queue-full',
        `${UPLOADS_MAX} models are being added already; try again in ${RETRY_AFTER_SECONDS} seconds.`,
        { retryAfterSeconds: RETRY_AFTER_SECONDS },
      );
    }
    this.running += 1;
    return next.handle().pipe(
      finalize(() => {
        this.running -= 1;
      }),
    );
  }
}
