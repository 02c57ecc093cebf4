import { events, type EventSubject, type StreamName } from '@touchstone/contracts';
import type { Mesh } from '@touchstone/nats';
import { jetstream, jetstreamManager, type StoredMsg } from '@nats-io/jetstream';
import { headers as createHeaders } from '@nats-io/nats-core';
import type { FaultyStack } from '../stack/faulty-stack.js';
import type { Fault } from './fault.js';

/** Newest messages of each stream that are published again. */
const MESSAGES_MAX = 40;
const STREAMS: readonly StreamName[] = ['SIGNING', 'INFERENCE', 'PAYMENT', 'ANCHOR'];
const MESSAGE_ID = 'Nats-Msg-Id';
/** By this header a consumer recognises a message that was published again under another id. */
const FIRST_ID = 'Touchstone-Message-Id';

/** Every event twice more, newest first: once as the stream knows it, once as a replay, once as if it were new. */
export const duplicatedMessages: Fault = {
  name: 'duplicated messages',
  title: 'events are published again, newest first, under the old and under new ids',
  weight: 1,
  run: async ({ stack, load }) => {
    load.allow(0.5);
    await load.hasBegun(0.3);
    const recorded = await record(stack);
    load.allow(1);
    const { known, taken } = await publishAgain(stack, recorded.reverse());
    if (known === 0 || taken === 0)
      throw new Error(`${known} were known to the stream and ${taken} were taken again.`);
    return `${taken} messages delivered again in reverse order, ${known} recognised by their id`;
  },
};

async function record(stack: FaultyStack): Promise<StoredMsg[]> {
  const mesh = await stack.connect('operator');
  try {
    const manager = await jetstreamManager(mesh.nc, { checkAPI: false });
    const recorded: StoredMsg[] = [];
    for (const stream of STREAMS) {
      const { state } = await manager.streams.info(stream);
      const first = Math.max(state.first_seq, state.last_seq - MESSAGES_MAX + 1);
      for (let seq = first; seq <= state.last_seq; seq++) {
        const message = await manager.streams.getMessage(stream, { seq });
        if (message !== null) recorded.push(message);
      }
    }
    return recorded;
  } finally {
    await mesh.close();
  }
}

async function publishAgain(
  stack: FaultyStack,
  messages: readonly StoredMsg[],
): Promise<{ known: number; taken: number }> {
  const meshes = new Map<string, Mesh>();
  let known = 0;
  let taken = 0;
  try {
    for (const message of messages) {
      const { publisher } = events[message.subject as EventSubject];
      const mesh = meshes.get(publisher) ?? (await stack.connect(publisher));
      meshes.set(publisher, mesh);
      const js = jetstream(mesh.nc, { checkAPI: false });
      const firstId = message.header.get(MESSAGE_ID);
      for (const [msgID, kept] of [
        [firstId, undefined],
        [`again:${message.seq}:${firstId}`, firstId],
        [`anew:${message.seq}:${firstId}`, undefined],
      ] as const) {
        const headers = createHeaders();
        if (kept !== undefined) headers.set(FIRST_ID, kept);
        const ack = await js.publish(message.subject, message.data, { msgID, headers });
        if (ack.duplicate) known += 1;
        else taken += 1;
      }
    }
  } finally {
    for (const mesh of meshes.values()) await mesh.close();
  }
  return { known, taken };
}
