import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Heartbeat, NodeChanged } from '@touchstone/contracts';
import { JOIN_TOKEN_SECONDS_MAX } from '@touchstone/contracts/http/attestation-hub';
import { problemOf } from '@touchstone/testing/service';
import { NONCE_AGE_MAX_MS } from '../src/domain/node-keys.js';
import { JOIN_TOKENS_MAX } from '../src/persistence/key-statements.js';
import { KEYS_PER_NODE_MAX } from '../src/persistence/postgres-key-store.js';
import { heartbeatAt, HubFixture, type Hub } from './support/hub-fixture.js';
import { makeToken, SigningNode, TestKey } from './support/signing-node.js';

const zones = [{ zone: 'signed', prefix: 'must-', mode: 'enforce', rules: ['UNSIGNED'] }];
const settings = { TOUCHSTONE_NODE_ZONES: JSON.stringify(zones) };

let fixture: HubFixture;
let hub: Hub;
let other: Hub;
const now = () => fixture.clock.nowMs();
const faultOf = async (response: Response) => {
  const { status, errors } = await problemOf(response);
  return `${status} ${errors?.[0]?.pointer} ${errors?.[0]?.detail}`;
};
const refused = async (message: Heartbeat, at = hub) => faultOf(await at.send(message));

beforeAll(async () => {
  fixture = await HubFixture.create();
  hub = await fixture.start(settings);
  other = await fixture.start(settings);
}, 60_000);

afterAll(async () => fixture.close());

describe('a node with a key (R-NODE-7)', () => {
  it('joins with a token, signs the nonce of the answer before, and is known by its key, at every replica', async () => {
    const node = new SigningNode('must-sign');
    const joined = await node.join(hub);
    expect(joined).toEqual({ nodeId: node.id, keyId: node.key.keyId, nonce: expect.stringMatching(/^1\./) });
    for (const at of [hub, other, other, hub]) {
      fixture.clock.advance(1_000);
      expect(await node.beat(at, now())).toMatchObject({ status: 'OK', nonce: expect.any(String) });
    }
    expect(await other.node(node.id)).toMatchObject({ key: node.key.keyId, blocked: false, reason: null });
    const restarted = await fixture.start(settings);
    expect(await node.beat(restarted, now())).toMatchObject({ status: 'OK' });
    const lines = await hub.auditPage(`?node=${node.id}`);
    expect(lines.map(({ event }) => event)).toEqual([
      ...['ATTESTATION_JOIN_TOKEN_MADE', 'ATTESTATION_KEY_REGISTERED', 'ATTESTATION_FIRST_SEEN'],
    ]);
    expect(lines[1]).toMatchObject({ detail: node.key.keyId, reporter: 'node' });
  });

  it('has to sign from then on, and what is unsigned counts for nothing', async () => {
    const node = new SigningNode('later');
    await hub.beat(heartbeatAt(now(), { node_id: node.id }));
    await node.join(hub);
    const before = await hub.node(node.id);
    expect(await refused(heartbeatAt(now(), { node_id: node.id, health: 'DEAD' }))).toBe(
      '401 /signature signature-missing',
    );
    expect(await hub.node(node.id)).toEqual(before);
    expect(await node.beat(hub, now())).toMatchObject({ status: 'OK' });
  });

  it('of a zone that asks for signatures is blocked until it signs', async () => {
    const signer = await fixture.client('signer');
    const standing = async () => (await signer.call('attestation-hub', 'standing', {})).blocked;
    const node = new SigningNode('must-later');
    await hub.beat(heartbeatAt(now(), { node_id: node.id }));
    expect(await standing()).toContainEqual({ nodeId: node.id, reason: 'unsigned' });
    await node.join(hub);
    await node.beat(hub, now());
    expect(await standing()).not.toContainEqual({ nodeId: node.id, reason: 'unsigned' });
  });

  it('is refused over the mesh as over HTTP', async () => {
    const node = new SigningNode('node-1');
    await node.join(hub);
    const gateway = await fixture.client('inference-gateway');
    const unsigned = heartbeatAt(now(), { node_id: node.id });
    await expect(gateway.call('attestation-hub', 'heartbeat', unsigned)).rejects.toMatchObject({
      message: expect.stringContaining('signature-missing'),
    });
    const answer = await gateway.call('attestation-hub', 'heartbeat', node.signed(now()));
    expect(answer).toMatchObject({ status: 'OK', nonce: expect.stringMatching(/^2\./) });
  });
});

describe('a signed heartbeat', () => {
  it('is good once, also at another replica and for two that come together', async () => {
    const node = new SigningNode('replayed');
    await node.join(hub);
    const message = node.signed(now());
    const statuses = await Promise.all(
      [hub, other, hub, other].map(async (at) => (await at.send(message)).status),
    );
    expect(statuses.sort()).toEqual([200, 401, 401, 401]);
    expect(await refused(message, other)).toBe('401 /signature nonce-used');
  });

  it('is refused with the reason for whatever is changed in it', async () => {
    const node = new SigningNode('changed');
    const stranger = new SigningNode('stranger');
    await node.join(hub);
    await stranger.join(hub);
    const message = node.signed(now());
    const { signature, attestation } = message;
    const changed: readonly (readonly [Partial<Heartbeat>, string])[] = [
      [{ node_id: stranger.id }, '403 /signature key-of-another-node'],
      [{ health: 'RED' }, '401 /signature signature-invalid'],
      [{ ts_utc: new Date(now() + 1).toISOString() }, '401 /signature signature-invalid'],
      [{ attestation: { ...attestation!, build_id: 'x' } }, '401 /signature signature-invalid'],
      [{ signature: { ...signature!, key_id: 'ab'.repeat(32) } }, '401 /signature key-unknown'],
      [{ signature: { ...signature!, nonce: `1.${'0'.repeat(32)}` } }, '401 /signature signature-invalid'],
      [{ signature: { ...signature!, value: 'f'.repeat(128) } }, '401 /signature signature-invalid'],
    ];
    for (const [change, fault] of changed) expect(await refused({ ...message, ...change })).toBe(fault);
    const { attestation: _left, ...bare } = message;
    expect(await refused(bare)).toBe('401 /signature signature-invalid');
    expect(await refused(node.signed(now(), {}, `1.${'0'.repeat(32)}`))).toBe('401 /signature nonce-unknown');
    expect(await refused(node.signed(now(), {}, `9.${'0'.repeat(32)}`))).toBe('401 /signature nonce-unknown');
    expect((await hub.send(message)).status).toBe(200);
  });

  it.each([
    ['key_id', 'AB'.repeat(32)],
    ['nonce', '0.ab'],
    ['value', 'ab'],
  ])('with an impossible %s is refused by its form', async (member, value) => {
    const { signature, ...rest } = new SigningNode('formless').signed(now(), {}, `1.${'a'.repeat(32)}`);
    expect((await hub.send({ ...rest, signature: { ...signature, [member]: value } })).status).toBe(422);
  });

  it('signs a nonce of NONCE_AGE_MAX_MS at most; then the hub gives another', async () => {
    const node = new SigningNode('slow');
    await node.join(hub);
    const ask = async () =>
      ((await (await hub.get(`/v1/nodes/${node.id}/nonce`)).json()) as { nonce: string }).nonce;
    fixture.clock.advance(NONCE_AGE_MAX_MS);
    expect(await ask()).toBe(node.nonce);
    expect(await node.beat(hub, now())).toMatchObject({ status: 'OK' });
    fixture.clock.advance(NONCE_AGE_MAX_MS + 1);
    expect(await refused(node.signed(now()))).toBe('401 /signature nonce-expired');
    node.nonce = await ask();
    expect(node.nonce).toMatch(/^3\./);
    expect(await ask()).toBe(node.nonce);
    expect(await node.beat(other, now())).toMatchObject({ status: 'OK' });
    expect((await hub.get('/v1/nodes/nobody/nonce')).status).toBe(404);
  });
});

describe('a key', () => {
  it('is replaced by one that the old one signed, once', async () => {
    const node = new SigningNode('rotating');
    await node.join(hub);
    await node.beat(hub, now());
    const next = new TestKey('rotating, next');
    const body = node.rotationBody(next);
    const rotate = (what: object, id = node.id) => hub.post(`/v1/nodes/${id}/keys`, what);
    expect(await faultOf(await rotate({ ...body, signature: next.sign(new Uint8Array()) }))).toBe(
      '401 /signature signature-invalid',
    );
    expect(await faultOf(await rotate({ ...body, proof: node.key.sign(new Uint8Array()) }))).toBe(
      '401 /proof signature-invalid',
    );
    expect(await faultOf(await rotate(body, 'stranger-2'))).toBe('401 /proof signature-invalid');
    const answer = (await (await rotate(body)).json()) as { keyId: string; nonce: string };
    expect(answer).toMatchObject({ keyId: next.keyId, nonce: expect.stringMatching(/^3\./) });
    expect(await faultOf(await rotate(body))).toBe('403 /key_id key-replaced');
    expect(await refused(node.signed(now(), {}, answer.nonce))).toBe('403 /signature key-replaced');
    node.key = next;
    node.nonce = answer.nonce;
    expect(await node.beat(other, now())).toMatchObject({ status: 'OK' });
  });

  it('that is revoked is good for nothing, nor is a heartbeat without one, until another one joins', async () => {
    const node = new SigningNode('must-revoked');
    await node.join(hub);
    await node.beat(hub, now());
    expect((await other.operate('DELETE', `/v1/nodes/${node.id}/keys`)).status).toBe(200);
    expect(await refused(node.signed(now()))).toBe('403 /signature key-revoked');
    expect(await refused(heartbeatAt(now(), { node_id: node.id }))).toBe('401 /signature signature-missing');
    const events = (await fixture.events<NodeChanged>()).filter(({ nodeId }) => nodeId === node.id);
    expect(events.map(({ blocked }) => blocked)).toEqual([false, true]);
    expect((await hub.operate('DELETE', `/v1/nodes/${node.id}/keys`)).status).toBe(404);
    const revoked = node.key;
    node.key = new TestKey('must-revoked, next');
    await node.join(hub);
    expect(await node.beat(hub, now())).toMatchObject({ status: 'OK' });
    const { token } = await makeToken(hub, node.id);
    expect((await hub.post('/v1/nodes/join', node.joinBody(token, revoked))).status).toBe(409);
    expect((await hub.post('/v1/nodes/join', node.joinBody(token, new TestKey('third')))).status).toBe(200);
  });

  it('goes with the node when that is removed', async () => {
    const node = new SigningNode('removed');
    await node.join(hub);
    await node.beat(hub, now());
    await hub.operate('DELETE', `/v1/nodes/${node.id}`);
    expect(await refused(node.signed(now()))).toBe('401 /signature key-unknown');
    expect((await hub.send(heartbeatAt(now(), { node_id: node.id }))).status).toBe(200);
  });

  it.each([
    ['of small order', `01${'00'.repeat(31)}`],
    ['that is no point', `02${'00'.repeat(31)}`],
    ['that is not canonical', `ed${'ff'.repeat(30)}7f`],
  ])('%s is not registered', async (_what, public_key) => {
    const { token } = await makeToken(hub, 'weak');
    const body = { token, node_id: 'weak', public_key, proof: '00'.repeat(64) };
    expect((await problemOf(await hub.post('/v1/nodes/join', body))).errors?.[0]?.pointer).toBe(
      '/public_key',
    );
  });

  it('is one of KEYS_PER_NODE_MAX of a node, not one more', async () => {
    const node = new SigningNode('many');
    const join = async (index: number) => {
      const { token } = await makeToken(hub, node.id);
      return (await hub.post('/v1/nodes/join', node.joinBody(token, new TestKey(`many-${index}`)))).status;
    };
    for (let index = 0; index < KEYS_PER_NODE_MAX; index += 1) expect(await join(index)).toBe(200);
    expect(await join(KEYS_PER_NODE_MAX)).toBe(409);
  }, 60_000);
});

describe('a join token', () => {
  const join = (node: SigningNode, token: string) => hub.post('/v1/nodes/join', node.joinBody(token));

  it('is good once, for its node, until its time is over, and not kept', async () => {
    const node = new SigningNode('joining');
    const { token, expiresAt } = await makeToken(hub, node.id, 60);
    expect(expiresAt).toBe(new Date(now() + 60_000).toISOString());
    const rows = await fixture.rows('SELECT * FROM attestation.join_token');
    expect(JSON.stringify(rows)).not.toContain(token);
    expect(await faultOf(await join(new SigningNode('thief'), token))).toBe(
      '401 /token token-of-another-node',
    );
    const statuses = await Promise.all([1, 2, 3].map(async () => (await join(node, token)).status));
    expect(statuses.sort()).toEqual([200, 401, 401]);
    expect(await faultOf(await join(node, token))).toBe('401 /token token-used');
    expect(await faultOf(await join(node, 'x'.repeat(43)))).toBe('401 /token token-unknown');
    const late = await makeToken(hub, 'late', 60);
    fixture.clock.advance(60_000);
    expect(await faultOf(await join(new SigningNode('late'), late.token))).toBe('401 /token token-expired');
  });

  it("is the operator's to make, for JOIN_TOKEN_SECONDS_MAX at most", async () => {
    expect((await hub.post('/v1/join-tokens', { nodeId: 'a' })).status).toBe(401);
    const make = async (seconds: number) =>
      (await hub.operate('POST', '/v1/join-tokens', { nodeId: 'a', seconds })).status;
    expect(await make(JOIN_TOKEN_SECONDS_MAX)).toBe(200);
    expect(await make(JOIN_TOKEN_SECONDS_MAX + 1)).toBe(422);
  });

  it('is one of JOIN_TOKENS_MAX, and those whose time is over make room', async () => {
    const dataSource = await fixture.dataSource();
    await dataSource.query('DELETE FROM attestation.join_token');
    await dataSource.query(
      `INSERT INTO attestation.join_token (hash, node_id, expires_at)
       SELECT sha256(n::text::bytea), 'crowd', $1 FROM generate_series(1, $2::int) AS n`,
      [new Date(now() + 60_000).toISOString(), JOIN_TOKENS_MAX - 1],
    );
    const make = async () => (await hub.operate('POST', '/v1/join-tokens', { nodeId: 'a' })).status;
    expect([await make(), await make()]).toEqual([200, 409]);
    fixture.clock.advance(60_000);
    expect(await make()).toBe(200);
  });
});
