import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@touchstone/testing';
import { RPC_CONCURRENCY_MAX, RPC_TIMEOUT_MS } from '../src/index.js';
import { codeOf, gate } from './mesh-harness.js';
import { calls, checkpoint, RpcWorld } from './rpc-world.js';

describe('limits of RPC', () => {
  let world: RpcWorld;
  beforeEach(() => {
    world = new RpcWorld();
  });
  afterEach(() => world.close());

  it.each([
    [200, { timeoutMs: 200 }],
    [RPC_TIMEOUT_MS, {}],
  ])(
    'gives up after %d ms',
    async (mostMs, options) => {
      await world.serve();
      const rpc = await world.client('anchor-worker');
      const startedMs = performance.now();
      expect(await codeOf(rpc.call('signer', 'sign-checkpoint', checkpoint('slow'), options))).toBe(
        'timeout',
      );
      expect(performance.now() - startedMs).toBeGreaterThan(mostMs - 20);
    },
    20_000,
  );

  it('waits until just before its time is over, and takes no answer that comes after it', async () => {
    await world.serve();
    const rpc = await world.client('anchor-worker');
    const timeoutMs = 600;
    const asked = rpc.call('signer', 'sign-checkpoint', checkpoint('slow'), { timeoutMs });
    await new Promise((resolve) => setTimeout(resolve, timeoutMs / 2));
    calls.slow.open();
    expect(await asked).toEqual({ note: 'slow signed' });
    calls.slow = gate();
    const late = rpc.call('signer', 'sign-checkpoint', checkpoint('slow'), { timeoutMs: 50 });
    expect(await codeOf(late)).toBe('timeout');
    calls.slow.open();
    expect(await rpc.call('signer', 'sign-checkpoint', checkpoint('log'))).toEqual({ note: 'log signed' });
  });

  it.each([
    [2, { concurrencyMax: 2 }],
    [3, { concurrencyMax: 2, concurrencyMaxOf: { 'sign-checkpoint': 3 } }],
    [2, { concurrencyMax: 2, concurrencyMaxOf: { 'sign-output': 3 } }],
    [RPC_CONCURRENCY_MAX, {}],
  ])('runs %d requests and refuses the next as queue-full', async (most, options) => {
    await world.serve(options);
    const rpc = await world.client('anchor-worker');
    const held = Array.from({ length: most }, () =>
      rpc.call('signer', 'sign-checkpoint', checkpoint('slow')),
    );
    await waitUntil(() => calls.seen.length === most);
    expect(await codeOf(rpc.call('signer', 'sign-checkpoint', checkpoint('slow')))).toBe('queue-full');
    calls.slow.open();
    expect(await Promise.all(held)).toHaveLength(most);
    expect(await codeOf(rpc.call('signer', 'sign-checkpoint', checkpoint('log')))).toBe('resolved');
  });

  it('finishes requests in flight on close and takes no new ones', async () => {
    await world.serve();
    const rpc = await world.client('anchor-worker');
    const held = rpc.call('signer', 'sign-checkpoint', checkpoint('slow'));
    await waitUntil(() => calls.seen.length === 1);
    const closing = world.app?.close();
    world.app = undefined;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await codeOf(rpc.call('signer', 'sign-checkpoint', checkpoint('log')))).toBe(
      'dependency-unavailable',
    );
    calls.slow.open();
    await closing;
    expect(await held).toEqual({ note: 'slow signed' });
  });

  it('stops waiting for requests in flight when the budget is used up', async () => {
    await world.serve({ drainMs: 100 });
    const rpc = await world.client('anchor-worker');
    const held = codeOf(rpc.call('signer', 'sign-checkpoint', checkpoint('slow'), { timeoutMs: 1_000 }));
    await waitUntil(() => calls.seen.length === 1);
    // The call is held until this test lets it go.
    await world.app?.close();
    world.app = undefined;
    calls.slow.open();
    await held;
  });
});
