import { AppError } from '@touchstone/contracts';

/** Batches of one stream that wait in a process; the next caller is told to come again. */
export const BATCHES_WAITING_MAX = 64;

/**
 * Lets one piece of work a stream go on at a time. The lock of the database orders processes; within one, whoever waited
 * there would hold a connection that signatures of outputs need.
 */
export class StreamLanes {
  private readonly lanes = new Map<string, { last: Promise<unknown>; waiting: number }>();

  /** @throws AppError `queue-full` */
  async run<T>(stream: string, work: () => Promise<T>): Promise<T> {
    const lane = this.lanes.get(stream) ?? { last: Promise.resolve(), waiting: 0 };
    if (lane.waiting > BATCHES_WAITING_MAX)
      throw new AppError('queue-full', `${BATCHES_WAITING_MAX} batches of this stream wait to be signed.`);
    this.lanes.set(stream, lane);
    lane.waiting += 1;
    const result = lane.last.then(work);
    lane.last = result.catch(() => undefined);
    try {
      return await result;
    } finally {
      lane.waiting -= 1;
      if (lane.waiting === 0) this.lanes.delete(stream);
    }
  }
}
