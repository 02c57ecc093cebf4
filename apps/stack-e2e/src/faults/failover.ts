import { serviceNames } from '@touchstone/contracts';
import { eventually } from '../pause.js';
import type { FaultyStack } from '../stack/faulty-stack.js';
import type { Fault } from './fault.js';

const CHECKPOINT_TIMEOUT_MS = 30_000;

/** The host of PostgreSQL is lost, and a standby that has every commit takes over behind the same address. */
export const failover: Fault = {
  name: 'failover',
  title: 'kill -9 of PostgreSQL; a synchronous standby takes over behind the same address',
  weight: 1,
  run: async ({ stack, load, rounds }) => {
    const inFlight: number[] = [];
    const awayMs: number[] = [];
    for (let round = 0; round < rounds; round++) {
      load.allow((round + 0.3) / rounds);
      // The server is copied while it works.
      const failOver = await stack.prepareFailover();
      const size = await signedSize(stack);
      load.allow((round + 0.6) / rounds);
      // The log goes on by itself where the last commit that its signer saw had waited for the standby (ADR 0028).
      await eventually('A checkpoint that the standby has', CHECKPOINT_TIMEOUT_MS, async () =>
        (await signedSize(stack)) > size ? true : undefined,
      );
      load.allow((round + 1) / rounds);
      await load.hasBegun((round + 0.75) / rounds);
      inFlight.push(load.inFlight);
      const startedAtMs = performance.now();
      await failOver();
      awayMs.push(performance.now() - startedAtMs);
      await stack.ready();
      await requireSessions(stack);
    }
    if (inFlight.every((count) => count === 0)) throw new Error('No call was in flight at any failover.');
    const longest = (Math.max(...awayMs) / 1_000).toFixed(1);
    return `${rounds} failovers with ${inFlight.join(', ')} calls in flight, at most ${longest} s without a primary`;
  },
};

/** The size of the newest checkpoint that was signed. */
async function signedSize(stack: FaultyStack): Promise<bigint> {
  const [row] = await stack.database.rows<{ size: string }>(
    'SELECT coalesce(max(size), 0)::text AS size FROM signer.signed_checkpoint',
  );
  return BigInt(row?.size ?? 0);
}

/** @throws Error when a service says that it is ready and has not come to the new primary */
async function requireSessions(stack: FaultyStack): Promise<void> {
  const sessions = await stack.database.rows<{ name: string }>(
    'SELECT DISTINCT usename::text AS name FROM pg_stat_activity WHERE usename = ANY($1::name[])',
    [serviceNames],
  );
  const missing = serviceNames.filter((service) => sessions.every(({ name }) => name !== service));
  if (missing.length > 0) throw new Error(`${missing.join(', ')} did not come to the new primary.`);
}
