import { AppError } from '@touchstone/contracts';
import type { ServerResponse } from 'node:http';

/** Files of set-ups that are given out at the same time; each may be 32 MiB in memory until its reader has taken it. */
export const DOWNLOADS_MAX = 8;

const RETRY_AFTER_SECONDS = 5;

/** Counts answers from before their bytes are read until they are gone, and refuses one too many. */
export class DownloadSlots {
  private taken = 0;

  /** @throws AppError `queue-full` */
  take(response: Pick<ServerResponse, 'once'>): void {
    if (this.taken >= DOWNLOADS_MAX)
      throw new AppError(
        'queue-full',
        `${DOWNLOADS_MAX} files are given out already; try again in ${RETRY_AFTER_SECONDS} seconds.`,
        { retryAfterSeconds: RETRY_AFTER_SECONDS },
      );
    this.taken += 1;
    // After the last byte, and also where the reader went away or there was an error instead.
    response.once('close', () => {
      this.taken -= 1;
    });
  }
}
