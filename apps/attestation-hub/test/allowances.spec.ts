import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Heartbeat } from '@touchstone/contracts';
import { problemOf } from '@touchstone/testing/service';
import type { RpcClient } from '@touchstone/nats';
import {
  HEARTBEAT_REFILL_MS,
  HEARTBEATS_PER_NODE_MAX,
  STATUS_CHANGE_REFILL_MS,
  STATUS_CHANGES_PER_NODE_MAX,
} from '../src/domain/admit-heartbeat.js';
import { bareHeartbeatAt, heartbeatAt, HubFixture, type Hub } from './support/hub-fixture.js';

let fixture: HubFixture;
let hub: Hub;
/** Reports for as many nodes as it likes, as long as they are its own. */
let signer: RpcClient;
const now = () => fixture.clock.nowMs();

beforeAll(async () => {
  fixture = await HubFixture.create();
  hub = await fixture.start();
  signer = await fixture.client('signer');
}, 60_000);

afterAll(async () => fixture.close());

/** The ways on which a heartbeat comes; each answers `taken` or the code of the refusal. */
const ways: Record<string, (message: Heartbeat) => Promise<string>> = {
  http: async (message) => {
    const response = await hub.send(message);
    return response.status === 200 ? 'taken' : (await problemOf(response)).code;
  },
  mesh: (message) =>
    signer.call('attestation-hub', 'heartbeat', message).then(
      () => 'taken',
      (error: { code: string }) => error.code,
    ),
};

describe.each(Object.keys(ways))('a node that reports over %s', (way) => {
  const send = (message: Heartbeat) => (ways[way] as (typeof ways)[string])(message);
  const flip = (node_id: string, index: number) =>
    send((index % 2 === 0 ? heartbeatAt : bareHeartbeatAt)(now(), { node_id }));
  const eventsOf = async (id: string) =>
    ((await fixture.events()) as { nodeId: string }[]).filter(({ nodeId }) => nodeId === id).length;

  it('is heard HEARTBEATS_PER_NODE_MAX times at once, and once more after each refill', async () => {
    const node_id = `signer:busy-${way}`;
    const message = heartbeatAt(now(), { node_id });
    const answers: string[] = [];
    // No more at a time than the mesh lets wait.
    for (let left = HEARTBEATS_PER_NODE_MAX; left > 0; left -= 30)
      answers.push(...(await Promise.all(Array.from({ length: Math.min(left, 30) }, () => send(message)))));
    expect([...new Set(answers)]).toEqual(['taken']);
    expect(await send(message)).toBe('rate-limited');
    expect(await send(heartbeatAt(now(), { node_id: `signer:neighbour-${way}` }))).toBe('taken');
    fixture.clock.advance(HEARTBEAT_REFILL_MS);
    expect([await send(message), await send(message)]).toEqual(['taken', 'rate-limited']);
  });

  it('makes STATUS_CHANGES_PER_NODE_MAX events at once, and one more after each refill', async () => {
    const node_id = `signer:flipping-${way}`;
    const answers: string[] = [];
    for (let index = 0; index <= STATUS_CHANGES_PER_NODE_MAX; index += 1)
      answers.push(await flip(node_id, index));
    expect(answers).toEqual([
      ...Array.from({ length: STATUS_CHANGES_PER_NODE_MAX }, () => 'taken'),
      'rate-limited',
    ]);
    expect(await eventsOf(node_id)).toBe(STATUS_CHANGES_PER_NODE_MAX);
    // A node that goes on as it did is heard, whatever it did before.
    expect(await flip(node_id, STATUS_CHANGES_PER_NODE_MAX - 1)).toBe('taken');
    fixture.clock.advance(STATUS_CHANGE_REFILL_MS);
    expect([await flip(node_id, 0), await flip(node_id, 1)]).toEqual(['taken', 'rate-limited']);
    expect(await eventsOf(node_id)).toBe(STATUS_CHANGES_PER_NODE_MAX + 1);
  });
});

describe('what a node took', () => {
  it('is kept over a restart of the hub, and is one for all replicas', async () => {
    const node_id = 'remembered';
    const other = await fixture.start();
    for (let index = 0; index < STATUS_CHANGES_PER_NODE_MAX; index += 1)
      await hub.beat((index % 2 === 0 ? heartbeatAt : bareHeartbeatAt)(now(), { node_id }));
    const refused = await other.send(heartbeatAt(now(), { node_id }));
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe(String(STATUS_CHANGE_REFILL_MS / 1_000));
  });

  it('by posting does not keep the service of the node from taking it over at once', async () => {
    const node_id = 'signer:besieged';
    for (let index = 0; index < STATUS_CHANGES_PER_NODE_MAX; index += 1)
      await hub.beat((index % 2 === 0 ? heartbeatAt : bareHeartbeatAt)(now(), { node_id }));
    const answer = await signer.call('attestation-hub', 'heartbeat', heartbeatAt(now(), { node_id }));
    expect(answer).toMatchObject({ status: 'OK' });
  });
});
