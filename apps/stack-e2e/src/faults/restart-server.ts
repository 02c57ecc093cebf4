import type { ServerName } from '../stack/servers.js';
import type { Fault } from './fault.js';

const DOWN_MS = 1_500;

/** `kill -9` of PostgreSQL or NATS while calls are in flight, and a new start on the same data. */
export function restartServer(server: ServerName, title: string): Fault {
  return {
    name: `restart ${server}`,
    title,
    weight: 1,
    run: async ({ stack, load }) => {
      await load.hasBegun(0.3);
      const inFlight = load.inFlight;
      await stack.restartServer(server, DOWN_MS);
      await stack.ready();
      if (inFlight === 0) throw new Error('No call was in flight.');
      return `${inFlight} calls in flight, ${DOWN_MS / 1_000} s without it`;
    },
  };
}
