import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { AppError } from '@touchstone/contracts';
import { finalize, type Observable } from 'rxjs';

/** Models that are received, tried or wait for their trial at the same time; the file of each is on the disk. */
export const UPLOADS_MAX = 8;

/** A trial takes about a second; the longest that is allowed would take twenty. */
const RETRY_AFTER_SECONDS = 5;

/** Submissions that are received at the same time; each may have 10 MiB in memory, and its file on the disk. */
export const SUBMISSION_UPLOADS_MAX = 8;

/** Counts uploads from before the first byte of their body until their answer, and refuses one too many. */
abstract class CountedUploads implements NestInterceptor {
  private running = 0;

  constructor(
    private readonly atOnceMax: number,
    private readonly refusal: string,
  ) {}

  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (this.running >= this.atOnceMax) {
      throw new AppError(
        'queue-full',
        `${this.atOnceMax} ${this.refusal} already; try again in ${RETRY_AFTER_SECONDS} seconds.`,
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

/** Counts the models that the operator adds. */
@Injectable()
export class UploadLimit extends CountedUploads {
  constructor() {
    super(UPLOADS_MAX, 'models are being added');
  }
}

/** Counts submissions apart, so that strangers take no place of the operator. */
@Injectable()
export class SubmissionUploadLimit extends CountedUploads {
  constructor() {
    super(SUBMISSION_UPLOADS_MAX, 'submissions are being received');
  }
}
