import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rpcSubject } from '@touchstone/contracts';
import { RpcClient } from '@touchstone/nats';
import { bareHeartbeatAt, heartbeatAt, HubFixture, type Hub } from './support/hub-fixture.js';

let fixture: HubFixture;
let hub: Hub;
let gateway: RpcClient;
/** Reports for as many nodes as it likes, as long as they are its own. */
let signer: RpcClient;
const now = () => fixture.clock.nowMs();
const isoNow = () => new Date(now()).toISOString();

beforeAll(async () => {
  fixture = await HubFixture.create();
  hub = await fixture.start();
  gateway = await fixture.client('inference-gateway.node-1');
  signer = await fixture.client('signer');
}, 60_000);

afterAll(async () => fixture.close());

describe('a heartbeat over the bus', () => {
  it('is answered with what the hub holds, and stored with the caller as reporter', async () => {
    const message = heartbeatAt(now(), { node_id: 'node-1' });
    expect(await gateway.call('attestation-hub', 'heartbeat', message)).toEqual({
      nodeId: 'node-1',
      status: 'OK',
      health: 'GREEN',
      lastSeen: isoNow(),
      nonce: null,
    });
    expect((await hub.node('node-1')).reporter).toEqual({
      current: 'inference-gateway',
      previous: null,
      changedAt: null,
    });
    expect(hub.audit()).toEqual([
      expect.objectContaining({ node_id: 'node-1', reporter: 'inference-gateway', remote_addr: null }),
    ]);
  });

  it('without attestation makes the node MISSING', async () => {
    const answer = await signer.call(
      'attestation-hub',
      'heartbeat',
      bareHeartbeatAt(now(), { node_id: 'signer:bare', health: 'YELLOW' }),
    );
    expect(answer).toMatchObject({ status: 'MISSING', health: 'YELLOW' });
  });

  it('is the last word about its node: what is posted about it is refused and changes nothing', async () => {
    const node_id = 'signer:own';
    await signer.call('attestation-hub', 'heartbeat', heartbeatAt(now(), { node_id }));
    const before = await hub.node(node_id);
    fixture.clock.advance(5_000);
    for (const posted of [
      heartbeatAt(now(), { node_id }),
      bareHeartbeatAt(now(), { node_id, health: 'DEAD' }),
    ])
      expect((await hub.send(posted)).status).toBe(403);
    expect(await hub.node(node_id)).toEqual({ ...before, ageMs: 5_000 });
  });

  it('takes over a node that was posted, and the change is visible', async () => {
    const node_id = 'signer:contested';
    await hub.beat(heartbeatAt(now(), { node_id }));
    fixture.clock.advance(5_000);
    await signer.call('attestation-hub', 'heartbeat', heartbeatAt(now(), { node_id }));
    const node = await hub.node(node_id);
    expect(node.reporter).toEqual({ current: 'signer', previous: 'http', changedAt: isoNow() });
    expect(node.history.map(({ reporter }) => reporter)).toEqual(['signer', 'http']);
    expect(node.status).toBe('OK');
    expect(await hub.metric('touchstone_attestation_reporter_changes_total')).toBe(1);
  });

  it.each([
    ['a time that does not exist', { ts_utc: '2026-02-30T00:00:00Z' }],
    ['an unknown health', { health: 'BLUE' as 'GREEN' }],
    ['an impossible id', { node_id: 'a b' }],
  ])('with %s is refused', async (_name, change) => {
    await expect(
      signer.call('attestation-hub', 'heartbeat', heartbeatAt(now(), change)),
    ).rejects.toMatchObject({ code: 'validation-failed' });
  });

  it('in the name of a service by another does not even leave', async () => {
    const nc = await fixture.nats.connect('proof-service');
    const errors = errorsOf(nc);
    nc.publish(
      rpcSubject('attestation-hub', 'heartbeat', 'inference-gateway.node-1'),
      JSON.stringify(heartbeatAt(now(), { node_id: 'node-1', health: 'DEAD' })),
    );
    await nc.flush();
    await nc.close();
    expect((await errors).join()).toMatch(/permission/i);
    expect((await hub.node('node-1')).health).toBe('GREEN');
  });
});

describe('the standing of the nodes', () => {
  it('is told to the signer: nobody is blocked', async () => {
    const signer = await fixture.client('signer');
    expect(await signer.call('attestation-hub', 'standing', {})).toEqual({ at: isoNow(), blocked: [] });
  });
});
describe('a gateway', () => {
  let second: RpcClient;
  beforeAll(async () => {
    second = await fixture.client('inference-gateway.node-2');
    await gateway.call('attestation-hub', 'heartbeat', heartbeatAt(now(), { node_id: 'node-1' }));
    await second.call('attestation-hub', 'heartbeat', heartbeatAt(now(), { node_id: 'node-2' }));
  });

  it.each(['node-1', 'unseen', 'signer:node-2', 'node-2:1'])(
    'does not speak for the node %s, which is not its own',
    async (node_id) => {
      const before = (await hub.page()).nodes;
      await expect(
        second.call('attestation-hub', 'heartbeat', heartbeatAt(now(), { node_id, health: 'DEAD' })),
      ).rejects.toMatchObject({
        code: 'forbidden',
        message: `inference-gateway/node-2 may not report for the node ${node_id}.`,
      });
      expect((await hub.page()).nodes).toEqual(before);
    },
  );

  it('is refused by the server when it says that it is another node', async () => {
    const nc = await fixture.connect('inference-gateway.node-2');
    const forged = new RpcClient({ nc, caller: 'inference-gateway.node-1' });
    await expect(
      forged.call('attestation-hub', 'heartbeat', heartbeatAt(now(), { node_id: 'node-1', health: 'DEAD' })),
    ).rejects.toMatchObject({ code: 'forbidden' });
    expect((await hub.node('node-1')).health).toBe('GREEN');
  });

  it.each(['svc.v1.attestation-hub.heartbeat.inference-gateway', 'svc.v1.attestation-hub.heartbeat.signer'])(
    'may not even send %s, which names no node or another service',
    async (subject) => {
      const nc = await fixture.nats.connect('inference-gateway.node-2');
      const errors = errorsOf(nc);
      nc.publish(subject, JSON.stringify(heartbeatAt(now(), { node_id: 'signer:own', health: 'DEAD' })));
      await nc.flush();
      await nc.close();
      expect((await errors).join()).toMatch(/permission/i);
    },
  );
});

describe('another service', () => {
  it('speaks for the nodes of its own name alone', async () => {
    for (const node_id of ['signer', 'signer:', 'signer:a:b', 'node-1', 'anchor-worker:node-1', 'signers:x'])
      await expect(
        signer.call('attestation-hub', 'heartbeat', heartbeatAt(now(), { node_id })),
      ).rejects.toMatchObject({ code: 'forbidden' });
  });
});

/** What the server said against a connection until it was closed. */
async function errorsOf(nc: Awaited<ReturnType<HubFixture['connect']>>): Promise<string[]> {
  const errors: string[] = [];
  const closed = nc.closed().catch(() => undefined);
  for await (const status of nc.status()) if (status.type === 'error') errors.push(String(status.error));
  await closed;
  return errors;
}
