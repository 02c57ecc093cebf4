import { events, meshCaller, services, type EventSubject } from '@touchstone/contracts';
import { STACK_NODE } from '@touchstone/embedded';
import type { Mesh } from '@touchstone/nats';
import { jetstream } from '@nats-io/jetstream';
import { headers as createHeaders } from '@nats-io/nats-core';
import type { FaultyStack } from '../stack/faulty-stack.js';
import type { Fault } from './fault.js';

/** Newest events of each service that are published again. */
const MESSAGES_MAX = 40;
const PUBLISHERS = ['signer', 'inference-gateway', 'payment-verifier', 'anchor-worker'] as const;
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

/** An event as its publisher published it; streams drop what was read. */
interface Published {
  readonly id: string;
  readonly firstId: string;
  readonly subject: EventSubject;
  readonly payload: Uint8Array;
}

async function record(stack: FaultyStack): Promise<Published[]> {
  const recorded: Published[] = [];
  for (const service of PUBLISHERS) {
    const rows = await stack.database.rows<Published>(
      `SELECT id::text AS id, message_id AS "firstId", subject, payload FROM ${services[service].schema}.outbox AS row
       WHERE published_at IS NOT NULL ORDER BY row.id DESC LIMIT $1`,
      [MESSAGES_MAX],
    );
    recorded.push(...rows.reverse());
  }
  return recorded;
}

async function publishAgain(
  stack: FaultyStack,
  messages: readonly Published[],
): Promise<{ known: number; taken: number }> {
  const meshes = new Map<string, Mesh>();
  let known = 0;
  let taken = 0;
  try {
    for (const message of messages) {
      const { publisher } = events[message.subject];
      const mesh = meshes.get(publisher) ?? (await stack.connect(meshCaller(publisher, STACK_NODE)));
      meshes.set(publisher, mesh);
      const js = jetstream(mesh.nc, { checkAPI: false });
      const { id, firstId } = message;
      for (const [msgID, kept] of [
        [firstId, undefined],
        [`again:${id}:${firstId}`, firstId],
        [`anew:${id}:${firstId}`, undefined],
      ] as const) {
        const headers = createHeaders();
        if (kept !== undefined) headers.set(FIRST_ID, kept);
        const ack = await js.publish(message.subject, message.payload, { msgID, headers });
        if (ack.duplicate) known += 1;
        else taken += 1;
      }
    }
  } finally {
    for (const mesh of meshes.values()) await mesh.close();
  }
  return { known, taken };
}
