import type { Shutdown } from '@touchstone/platform/runtime';
import { OutboxRelay, type OutboxRelayOptions } from './outbox-relay.js';
import type { Outbox } from './outbox.js';

/**
 * Starts the relay of a service, wakes it after each commit of its outbox, and empties it in the phase `outbox` of
 * the shutdown, while the bus is still connected.
 */
export function startOutboxRelay(
  options: OutboxRelayOptions & { readonly outbox: Outbox; readonly shutdown: Shutdown },
): void {
  const relay = new OutboxRelay(options);
  options.outbox.wakes(relay);
  options.shutdown.add('outbox', 'outbox relay', async (signal) => {
    await relay.flush(signal);
    await relay.stop();
  });
  relay.start();
}
