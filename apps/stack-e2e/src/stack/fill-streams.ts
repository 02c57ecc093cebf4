import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { streamKeeping, streams, type StreamName } from '@touchstone/contracts';
import { eventually } from '../pause.js';
import type { FaultyStack } from './faulty-stack.js';

/** No room for any event. */
const NO_BYTES = 1;
/** Longer than the ack wait: what a killed service held comes again only after it. */
const READ_TIMEOUT_MS = 180_000;

/**
 * Leaves no room in the streams that keep events until they are read: each refuses every event.
 *
 * A server that is given a smaller size drops what does not fit, read or not. Therefore a stream first gives its
 * subjects away, so that nothing comes any more, and loses its room once everything in it was read.
 *
 * @returns what gives them their room again
 */
export async function fillStreams(stack: FaultyStack): Promise<() => Promise<void>> {
  const names = (Object.keys(streams) as StreamName[]).filter((name) => streamKeeping(name) === 'until-read');
  const roomOf = new Map<StreamName, number>();
  const giveRoom = (): Promise<void> =>
    withManager(stack, async (manager) => {
      for (const [name, room] of roomOf)
        await manager.streams.update(name, { subjects: [...streams[name]], max_bytes: room });
    });
  try {
    await withManager(stack, async (manager) => {
      for (const name of names) {
        roomOf.set(name, (await manager.streams.info(name)).config.max_bytes);
        await manager.streams.update(name, { subjects: [`filling.${name}`] });
      }
      for (const name of names) {
        await isRead(manager, name);
        await manager.streams.update(name, { subjects: [...streams[name]], max_bytes: NO_BYTES });
      }
    });
  } catch (error) {
    await giveRoom();
    throw error;
  }
  return giveRoom;
}

/** A server that was restarted may keep a message that everybody has read; what counts is what consumers still have to read. */
async function isRead(manager: JetStreamManager, name: StreamName): Promise<void> {
  await eventually(`a stream ${name} without unread events`, READ_TIMEOUT_MS, async () => {
    const consumers = await manager.consumers.list(name).next();
    const isUnread = consumers.some(({ num_pending, num_ack_pending }) => num_pending + num_ack_pending > 0);
    return isUnread ? undefined : true;
  });
}

async function withManager(
  stack: FaultyStack,
  use: (manager: JetStreamManager) => Promise<void>,
): Promise<void> {
  const mesh = await stack.connect('provisioner');
  try {
    await use(await jetstreamManager(mesh.nc));
  } finally {
    await mesh.close();
  }
}
