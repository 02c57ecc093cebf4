import { jetstreamManager } from '@nats-io/jetstream';
import { streamKeeping, streams, type StreamName } from '@touchstone/contracts';
import type { FaultyStack } from './faulty-stack.js';

/**
 * Leaves no room in the streams that keep events until they are read: each refuses every event.
 *
 * @returns what gives them their room again
 */
export async function fillStreams(stack: FaultyStack): Promise<() => Promise<void>> {
  const before = await limitStreams(stack, () => 1);
  return async () => void (await limitStreams(stack, (name) => before.get(name) as number));
}

/** Sets how many bytes those streams may hold, and gives what it was. */
async function limitStreams(
  stack: FaultyStack,
  bytesOf: (name: StreamName) => number,
): Promise<Map<StreamName, number>> {
  const mesh = await stack.connect('provisioner');
  const before = new Map<StreamName, number>();
  try {
    const { streams: manager } = await jetstreamManager(mesh.nc);
    for (const name of Object.keys(streams) as StreamName[]) {
      if (streamKeeping(name) !== 'until-read') continue;
      before.set(name, (await manager.info(name)).config.max_bytes);
      await manager.update(name, { max_bytes: bytesOf(name) });
    }
    return before;
  } finally {
    await mesh.close();
  }
}
