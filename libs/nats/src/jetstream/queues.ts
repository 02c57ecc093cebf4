import { durables, replayDurable } from '@touchstone/contracts';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { toAppError } from '../nats-errors.js';

/** What waits for one durable consumer. */
export interface QueueFigures {
  readonly durable: string;
  readonly service: string;
  readonly stream: string;
  /** Messages that were not delivered yet. */
  readonly pending: number;
  /** Deliveries without an acknowledgement. */
  readonly ackPending: number;
  /** Messages among them that were delivered more than once. */
  readonly redelivered: number;
}

/**
 * Reads what waits for every durable, those for replays included. Needs the user `operator`.
 *
 * @throws AppError `forbidden` for another user, `timeout`, `dependency-unavailable`
 */
export async function readQueues(nc: NatsConnection): Promise<QueueFigures[]> {
  try {
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    return await Promise.all(
      durables
        .flatMap((durable) => [durable, replayDurable(durable)])
        .map(async ({ name, service, stream }) => {
          const info = await jsm.consumers.info(stream, name);
          return {
            durable: name,
            service,
            stream,
            pending: info.num_pending,
            ackPending: info.num_ack_pending,
            redelivered: info.num_redelivered,
          };
        }),
    );
  } catch (error) {
    throw toAppError(error, 'Reading what waits for consumers');
  }
}
