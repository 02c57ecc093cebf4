import type { ServiceName } from '@touchstone/contracts';
import { eventually, pause } from '../pause.js';
import type { Fault } from './fault.js';

const RESTART_TIMEOUT_MS = 60_000;
/** A kill comes at a random moment within this time, so that it meets different steps of an inference. */
const MOMENT_MAX_MS = 60;

/** `kill -9` of one service while calls are in flight; the launcher starts it again. */
export function killService(service: ServiceName): Fault {
  return {
    name: `kill ${service}`,
    title: `kill -9 of ${service} while calls are in flight`,
    weight: 1,
    run: async ({ stack, load, random, rounds }) => {
      const inFlight: number[] = [];
      for (let round = 0; round < rounds; round++) {
        load.allow((round + 1) / rounds);
        await load.hasBegun((round + 0.4) / rounds);
        await pause(random() * MOMENT_MAX_MS);
        inFlight.push(load.inFlight);
        const killed = stack.kill(service);
        await eventually(`the restart of ${service}`, RESTART_TIMEOUT_MS, async () => {
          const pid = stack.pidOf(service);
          return pid !== undefined && pid !== killed ? true : undefined;
        });
        await stack.ready();
      }
      if (inFlight.every((count) => count === 0)) throw new Error('No call was in flight at any kill.');
      return `${rounds} kills with ${inFlight.join(', ')} calls in flight`;
    },
  };
}
