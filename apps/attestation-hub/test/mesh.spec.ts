import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rpcSubject } from '@touchstone/contracts';
import type { RpcClient } from '@touchstone/nats';
import { bareHeartbeatAt, heartbeatAt, HubFixture, type Hub } from './support/hub-fixture.js';

let fixture: HubFixture;
let hub: Hub;
let gateway: RpcClient;
const now = () => fixture.clock.nowMs();
const isoNow = () => new Date(now()).toISOString();

beforeAll(async () => {
  fixture = await HubFixture.create();
  hub = await fixture.start();
  gateway = await fixture.client('inference-gateway');
}, 60_000);

afterAll(async () => fixture.close());

describe('a heartbeat over the bus', () => {
  it('is answered with what the hub holds, and stored with the caller as reporter', async () => {
    const message = heartbeatAt(now(), { node_id: 'gateway-1' });
    expect(await gateway.call('attestation-hub', 'heartbeat', message)).toEqual({
      nodeId: 'gateway-1',
      status: 'OK',
      health: 'GREEN',
      lastSeen: isoNow(),
      nonce: null,
    });
    expect((await hub.node('gateway-1')).reporter).toEqual({
      current: 'inference-gateway',
      previous: null,
      changedAt: null,
    });
    expect(hub.audit()).toEqual([
      expect.objectContaining({ node_id: 'gateway-1', reporter: 'inference-gateway', remote_addr: null }),
    ]);
  });

  it('without attestation makes the node MISSING', async () => {
    const answer = await gateway.call(
      'attestation-hub',
      'heartbeat',
      bareHeartbeatAt(now(), { node_id: 'gateway-2', health: 'YELLOW' }),
    );
    expect(answer).toMatchObject({ status: 'MISSING', health: 'YELLOW' });
  });

  it('is the last word about its node: what is posted about it is refused and changes nothing', async () => {
    const node_id = 'own';
    await gateway.call('attestation-hub', 'heartbeat', heartbeatAt(now(), { node_id }));
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
    const node_id = 'contested';
    await hub.beat(heartbeatAt(now(), { node_id }));
    fixture.clock.advance(5_000);
    await gateway.call('attestation-hub', 'heartbeat', heartbeatAt(now(), { node_id }));
    const node = await hub.node(node_id);
    expect(node.reporter).toEqual({ current: 'inference-gateway', previous: 'http', changedAt: isoNow() });
    expect(node.history.map(({ reporter }) => reporter)).toEqual(['inference-gateway', 'http']);
    expect(node.status).toBe('OK');
    expect(await hub.metric('touchstone_attestation_reporter_changes_total')).toBe(1);
  });

  it.each([
    ['a time that does not exist', { ts_utc: '2026-02-30T00:00:00Z' }],
    ['an unknown health', { health: 'BLUE' as 'GREEN' }],
    ['an impossible id', { node_id: 'a b' }],
  ])('with %s is refused', async (_name, change) => {
    await expect(
      gateway.call('attestation-hub', 'heartbeat', heartbeatAt(now(), change)),
    ).rejects.toMatchObject({ code: 'validation-failed' });
  });

  it('of a service that is not listed does not even leave', async () => {
    const nc = await fixture.nats.connect('proof-service');
    const refused = nc.closed().then(() => undefined);
    const errors: string[] = [];
    const watching = (async () => {
      for await (const status of nc.status()) if (status.type === 'error') errors.push(String(status.error));
    })();
    nc.publish(
      rpcSubject('attestation-hub', 'heartbeat', 'inference-gateway'),
      JSON.stringify(heartbeatAt(now(), { node_id: 'forged' })),
    );
    await nc.flush();
    await nc.close();
    await Promise.all([watching, refused]);
    expect(errors.join()).toMatch(/permission/i);
    expect((await hub.get('/v1/nodes/forged')).status).toBe(404);
  });
});

describe('the standing of the nodes', () => {
  it('is told to the signer: nobody is blocked', async () => {
    const signer = await fixture.client('signer');
    expect(await signer.call('attestation-hub', 'standing', {})).toEqual({ at: isoNow(), blocked: [] });
  });
});
