import { AppError } from '@touchstone/contracts';
import type { ServerResponse } from 'node:http';
import { BODY_BYTES_DEFAULT_MAX } from './limits.js';
import type { HttpRequest } from './request.js';

/** A refusal of a request whose body is not read on: its connection ends with the answer. */
export class UnreadBodyError extends AppError {}

/** Of the budget for bodies only that part is for large ones, so that they cannot shut out the small ones. */
const LARGE_BODIES_SHARE = 0.75;

/** What one request holds of the budget. */
export interface BodyShare {
  /** @throws UnreadBodyError `queue-full` when the bodies under way have no room for so many bytes more */
  take(bytes: number): void;
}

const shares = new WeakMap<HttpRequest, BodyShare>();

/** What a request holds of the budget; undefined where its service has none. */
export const shareOf = (request: HttpRequest): BodyShare | undefined => shares.get(request);

/**
 * Bounds the bytes of the bodies that all connections of a process have under way. A body counts from when it is begun to
 * be read until its answer is written or its connection gone, since its bytes may be needed until then.
 */
export class BodyBudget {
  private held = 0;

  constructor(private readonly bytesMax: number) {}

  /** Bytes that are held. */
  get inFlight(): number {
    return this.held;
  }

  /** Has a request that brings a body share in the budget until its answer is over. */
  follow(request: HttpRequest, response: ServerResponse): void {
    const { 'content-length': length = '0', 'transfer-encoding': coding } = request.headers;
    if (coding === undefined && length === '0') return;
    let own = 0;
    shares.set(request, {
      take: (bytes) => {
        this.requireRoom(bytes, own + bytes > BODY_BYTES_DEFAULT_MAX);
        own += bytes;
        this.held += bytes;
      },
    });
    response.once('close', () => {
      shares.delete(request);
      this.held -= own;
    });
  }

  private requireRoom(bytes: number, isLarge: boolean): void {
    const bytesMax = isLarge ? Math.floor(this.bytesMax * LARGE_BODIES_SHARE) : this.bytesMax;
    if (this.held + bytes <= bytesMax) return;
    throw new UnreadBodyError(
      'queue-full',
      `Bodies of ${this.held} bytes are under way already, and ${bytes} more are beyond ${bytesMax}; repeat it in a moment.`,
      { retryAfterSeconds: 1 },
    );
  }
}
