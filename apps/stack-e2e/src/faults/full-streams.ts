import { events, services } from '@touchstone/contracts';
import { eventually, pause } from '../pause.js';
import type { FaultyStack } from '../stack/faulty-stack.js';
import { fillStreams } from '../stack/fill-streams.js';
import type { Fault } from './fault.js';

const FULL_MS = 2_500;
const ANSWERED_TIMEOUT_MS = 10_000;
const DRAINED_TIMEOUT_MS = 60_000;

/** The streams take no event for a while, as when their consumers are away for long; every event waits in its outbox. */
export const fullStreams: Fault = {
  name: 'full streams',
  title: 'every stream is full and refuses events, which wait in the outboxes of their services',
  weight: 1,
  run: async ({ stack, load }) => {
    load.allow(0.3);
    await load.hasBegun(0.2);
    const giveRoom = await fillStreams(stack);
    let held: number;
    try {
      load.allow(0.8);
      // Callers are answered all the same: an answer needs no stream.
      await load.isCaughtUp(ANSWERED_TIMEOUT_MS);
      await pause(FULL_MS);
      held = await waitingEvents(stack);
    } finally {
      await giveRoom();
    }
    if (held === 0) throw new Error('No event waited.');
    await eventually('empty outboxes', DRAINED_TIMEOUT_MS, async () =>
      (await waitingEvents(stack)) === 0 ? true : undefined,
    );
    return `${held} events waited in outboxes`;
  },
};

async function waitingEvents(stack: FaultyStack): Promise<number> {
  const publishers = new Set(Object.values(events).map(({ publisher }) => services[publisher].schema));
  const counts = [...publishers].map(
    (schema) => `(SELECT count(*) FROM ${schema}.outbox WHERE published_at IS NULL)`,
  );
  const [row] = await stack.database.rows<{ waiting: number }>(
    `SELECT (${counts.join(' + ')})::int AS waiting`,
  );
  return row?.waiting ?? 0;
}
