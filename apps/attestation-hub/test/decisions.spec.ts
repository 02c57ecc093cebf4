import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  BASELINES_PER_NODE_MAX,
  QUARANTINE_REASON_CHARACTERS_MAX,
} from '@touchstone/contracts/http/attestation-hub';
import { problemOf } from '@touchstone/testing/service';
import {
  bareHeartbeatAt,
  CAPABILITY_HASH,
  heartbeatAt,
  HubFixture,
  type Hub,
} from './support/hub-fixture.js';

let fixture: HubFixture;
let hub: Hub;
let other: Hub;
const now = () => fixture.clock.nowMs();
const built = (node_id: string, build_id: string) => {
  const message = heartbeatAt(now(), { node_id });
  return { ...message, attestation: { ...message.attestation!, build_id } };
};
const build = (buildId: string) => ({ buildId, capabilityHash: CAPABILITY_HASH });
const told = async (node: string) =>
  (await hub.auditPage(`?node=${node}&limit=1000`)).map(({ event }) => event.replace('ATTESTATION_', ''));

beforeAll(async () => {
  fixture = await HubFixture.create();
  hub = await fixture.start();
  other = await fixture.start();
}, 60_000);

afterAll(async () => fixture.close());

describe('a build that the operator approves', () => {
  it('is right from the next heartbeat on, at every replica, and told once however often it is approved', async () => {
    const node_id = 'deployed';
    await hub.beat(built(node_id, 'build-1'));
    fixture.clock.advance(10_000);
    expect(await hub.beat(built(node_id, 'build-2'))).toMatchObject({ status: 'DRIFT' });
    const approve = (at: Hub) => at.operate('POST', `/v1/nodes/${node_id}/baselines`, { current: true });
    const answers = await Promise.all([approve(hub), approve(other), approve(hub)]);
    for (const answer of answers)
      expect([answer.status, await answer.json()]).toEqual([
        ...[200, { nodeId: node_id, firstSeenCounts: true, builds: [build('build-2')] }],
      ]);
    expect(await other.beat(built(node_id, 'build-2'))).toMatchObject({ status: 'OK', health: 'GREEN' });
    expect(await hub.node(node_id)).toMatchObject({
      ...{ status: 'OK', baseline: { firstSeenCounts: true, builds: [build('build-2')] } },
      firstSeen: { buildId: 'build-1' },
    });
    expect(await told(node_id)).toEqual(['FIRST_SEEN', 'DRIFT', 'BASELINE_APPROVED']);
    const [line] = await hub.auditPage('?event=ATTESTATION_BASELINE_APPROVED');
    expect(line).toMatchObject({
      ...{ node_id, new_build: 'build-2', new_cap_prefix: 'a1b2c3d4', reporter: 'operator' },
      ...{ remote_addr: expect.stringContaining('127.0.0.1'), ts_utc: new Date(now()).toISOString() },
    });
    expect([...hub.audit(), ...other.audit()].filter(({ event }) => event === line?.event)).toHaveLength(1);
  });

  it('needs no line where it is the first one', async () => {
    await hub.beat(built('same', 'build-1'));
    const answer = await hub.operate('POST', '/v1/nodes/same/baselines', build('build-1'));
    expect(await answer.json()).toEqual({ nodeId: 'same', firstSeenCounts: true, builds: [] });
    expect(await told('same')).toEqual(['FIRST_SEEN']);
  });

  it('is one of BASELINES_PER_NODE_MAX, not one more', async () => {
    await hub.beat(built('many', 'build-1'));
    const approve = (index: number) =>
      hub.operate('POST', '/v1/nodes/many/baselines', build(`next-${index}`));
    for (let index = 1; index <= BASELINES_PER_NODE_MAX; index += 1)
      expect((await approve(index)).status).toBe(200);
    const refused = await approve(BASELINES_PER_NODE_MAX + 1);
    expect([refused.status, (await problemOf(refused)).code]).toEqual([409, 'conflict']);
    expect((await approve(1)).status).toBe(200);
  });

  it('goes with the node when that is removed', async () => {
    await hub.beat(built('gone', 'build-1'));
    await hub.operate('POST', '/v1/nodes/gone/baselines', build('build-2'));
    await hub.operate('DELETE', '/v1/nodes/gone');
    await hub.beat(built('gone', 'build-3'));
    fixture.clock.advance(1_000);
    expect(await hub.beat(built('gone', 'build-2'))).toMatchObject({ status: 'DRIFT' });
  });

  it('of a node that never came, or never attested, is refused', async () => {
    await hub.beat(bareHeartbeatAt(now(), { node_id: 'bare' }));
    const codes = [];
    for (const id of ['nobody', 'bare'])
      codes.push(
        (await problemOf(await hub.operate('POST', `/v1/nodes/${id}/baselines`, { current: true }))).code,
      );
    expect(codes).toEqual(['not-found', 'conflict']);
  });
});

describe('a quarantine', () => {
  const put = (id: string, body: unknown = {}) => hub.operate('PUT', `/v1/nodes/${id}/quarantine`, body);
  const lift = (id: string) => hub.operate('DELETE', `/v1/nodes/${id}/quarantine`);

  it('is kept with why and since when, told once, and lifted once', async () => {
    const node_id = 'ill';
    await hub.beat(heartbeatAt(now(), { node_id }));
    const since = new Date(now()).toISOString();
    const reason = 'disk image found on another host';
    for (let again = 0; again < 2; again += 1)
      expect(await (await put(node_id, { reason })).json()).toEqual({
        ...{ nodeId: node_id, quarantine: { reason, since }, blocked: false },
      });
    fixture.clock.advance(5_000);
    expect(await other.node(node_id)).toMatchObject({
      ...{ status: 'OK', quarantine: { reason, since }, blocked: false, reason: 'quarantined' },
      ...{ zone: 'default', mode: 'observe' },
    });
    for (let again = 0; again < 2; again += 1)
      expect(await (await lift(node_id)).json()).toEqual({
        nodeId: node_id,
        quarantine: null,
        blocked: false,
      });
    expect(await told(node_id)).toEqual(['FIRST_SEEN', 'QUARANTINED', 'RELEASED']);
    const [line] = await hub.auditPage(`?event=ATTESTATION_QUARANTINED&node=${node_id}`);
    expect(line).toMatchObject({ detail: reason, reporter: 'operator', ts_utc: since });
    const events = ((await fixture.events()) as { nodeId: string }[]).filter(
      ({ nodeId }) => nodeId === node_id,
    );
    expect(events).toMatchObject([
      { status: 'OK', previous: null, quarantined: false, blocked: false },
      { status: 'OK', previous: 'OK', quarantined: true, blocked: false },
      { status: 'OK', previous: 'OK', quarantined: false, blocked: false },
    ]);
  });

  it('may come before the node, survives its removal and a restart, and heartbeats do not lift it', async () => {
    const node_id = 'early';
    await put(node_id);
    await hub.beat(heartbeatAt(now(), { node_id }));
    expect(await hub.node(node_id)).toMatchObject({ reason: 'quarantined' });
    await hub.operate('DELETE', `/v1/nodes/${node_id}`);
    const restarted = await fixture.start();
    await restarted.beat(heartbeatAt(now(), { node_id }));
    expect(await restarted.node(node_id)).toMatchObject({
      quarantine: { reason: '' },
      reason: 'quarantined',
    });
  });

  it('has a reason of QUARANTINE_REASON_CHARACTERS_MAX characters that can be seen', async () => {
    const statuses = [];
    for (const reason of [
      'x'.repeat(QUARANTINE_REASON_CHARACTERS_MAX),
      'x'.repeat(QUARANTINE_REASON_CHARACTERS_MAX + 1),
      ...['a\u001b[2J', 'a\u202eb', 'a\u2028b', '\ud800'],
    ])
      statuses.push((await put('reasoned', { reason })).status);
    expect(statuses).toEqual([200, 422, 422, 422, 422, 400]);
  });
});

describe('whoever is not the operator', () => {
  it.each([
    ['POST', '/v1/nodes/a/baselines'],
    ['PUT', '/v1/nodes/a/quarantine'],
    ['DELETE', '/v1/nodes/a/quarantine'],
    ['GET', '/v1/rollouts'],
    ['PUT', '/v1/rollouts/a'],
    ['POST', '/v1/rollouts/a/end'],
  ])('may not %s %s', async (method, path) => {
    for (const authorization of [undefined, 'Bearer wrong-token-of-the-operator']) {
      const response = await fetch(`${hub.url}${path}`, {
        method,
        headers: authorization ? { authorization } : {},
      });
      expect(response.status).toBe(401);
    }
  });

  it('sends bodies that say something else in vain', async () => {
    for (const body of [
      {},
      { current: false },
      { buildId: 'b' },
      { ...build('b'), current: true },
      { ...build('') },
    ])
      expect((await hub.operate('POST', '/v1/nodes/a/baselines', body)).status).toBe(422);
    expect((await hub.operate('PUT', '/v1/nodes/a%20b/quarantine', {})).status).toBe(400);
  });
});
