import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Heartbeat } from '@touchstone/contracts';
import { waitUntil } from '@touchstone/testing';
import { GrpcTestClient } from '@touchstone/testing/grpc';
import pg from 'pg';
import { HEARTBEAT_BYTES_MAX } from '../src/transport/http/heartbeats.controller.js';
import { heartbeatAt, HubFixture, type Hub } from './support/hub-fixture.js';
import { SigningNode } from './support/signing-node.js';

const SERVICE = 'touchstone.hub.v1.HubService';
const TOKEN = '1'.repeat(32);
const asNode = { metadata: { authorization: `Bearer ${TOKEN}` } };

let fixture: HubFixture;
let hub: Hub;
let client: GrpcTestClient;

const clientOf = ({ ports }: Hub) => GrpcTestClient.connect(`127.0.0.1:${ports.grpc}`, SERVICE);

beforeAll(async () => {
  fixture = await HubFixture.create();
  hub = await fixture.start({ TOUCHSTONE_HEARTBEAT_TOKENS: JSON.stringify({ 'node-1': TOKEN }) });
  client = clientOf(hub);
}, 60_000);

afterAll(async () => {
  client.close();
  await fixture.close();
});

/** A heartbeat as its message. */
function messageOf({ node_id, health, ts_utc, attestation, boot_id, sequence, signature }: Heartbeat) {
  return {
    ...{ nodeId: node_id, health, tsUtc: ts_utc },
    ...(attestation && {
      attestation: {
        schema: attestation.schema,
        buildId: attestation.build_id,
        capabilityHash: attestation.capability_hash,
        runtime: attestation.runtime,
      },
    }),
    ...(boot_id === undefined ? {} : { bootId: boot_id }),
    ...(sequence === undefined ? {} : { sequence }),
    ...(signature && { signature: { ...signature, keyId: signature.key_id } }),
  };
}
const beat = (change: Partial<Heartbeat> = {}) => messageOf(heartbeatAt(fixture.clock.nowMs(), change));

describe('the hub over gRPC', () => {
  it('takes a heartbeat as over HTTP, and shows its node as over HTTP', async () => {
    const answer = await client.call('Heartbeat', beat({ boot_id: 'boot-1', sequence: 7 }), asNode);
    expect(answer).toMatchObject({ nodeId: 'node-1', status: 'OK', health: 'GREEN' });
    expect(answer).not.toHaveProperty('nonce');
    const { node } = await client.call('GetNode', { nodeId: 'node-1' });
    const shown = await hub.node();
    expect(node).toMatchObject({
      ...{ nodeId: 'node-1', status: 'OK', zone: shown.zone, lastSeen: shown.lastSeen, blocked: false },
      firstSeen: shown.firstSeen,
      reporter: { current: 'http' },
      history: [{ attestation: shown.history[0]?.attestation }],
    });
    expect(Number((node as { ageMs: string }).ageMs)).toBe(shown.ageMs);
  });

  it('makes a node without attestation MISSING', async () => {
    const { attestation: _left, ...bare } = beat();
    expect(await client.call('Heartbeat', bare, asNode)).toMatchObject({ status: 'MISSING' });
  });

  it('tells the address that a heartbeat came from', async () => {
    await client.call('Heartbeat', beat(), asNode);
    await client.call(
      'Heartbeat',
      beat({ attestation: { ...heartbeatAt(0).attestation, build_id: 'build-2' } as never }),
      asNode,
    );
    await waitUntil(() => hub.audit().some(({ event }) => event === 'ATTESTATION_DRIFT'));
    expect(hub.audit().find(({ event }) => event === 'ATTESTATION_DRIFT')).toMatchObject({
      remote_addr: '127.0.0.1',
    });
  });

  it.each([
    ['no token', {}, 'node-1', status.UNAUTHENTICATED, 'unauthenticated'],
    [
      'a token of nobody',
      { metadata: { authorization: 'Bearer x' } },
      'node-1',
      status.UNAUTHENTICATED,
      'unauthenticated',
    ],
    ['the token of another node', asNode, 'node-2', status.PERMISSION_DENIED, 'forbidden'],
  ])('refuses a heartbeat with %s', async (_what, options, node_id, code, reason) => {
    expect(await client.refusal('Heartbeat', beat({ node_id }), options)).toMatchObject({
      status: code,
      info: { reason },
    });
  });

  it.each([
    ['another health', { health: 'BLUE' as never }, '/health'],
    ['a time that is none', { ts_utc: 'now' }, '/ts_utc'],
    ['a number that JSON cannot say', { sequence: '9007199254740993' as never }, '/sequence'],
    ['a control character', { boot_id: 'a\u0000' }, '/boot_id'],
    ['half a signature', { signature: { key_id: '', nonce: '', value: '' } }, '/signature/key_id'],
  ])('refuses a heartbeat with %s as over HTTP', async (_what, change, pointer) => {
    expect(await client.refusal('Heartbeat', beat(change), asNode)).toMatchObject({
      status: status.INVALID_ARGUMENT,
      info: { reason: 'validation-failed' },
      findings: expect.arrayContaining([expect.objectContaining({ pointer })]),
    });
  });

  it('takes members of the runtime that objects have by nature as what they are: names', async () => {
    const runtime = JSON.parse('{"__proto__":"x","constructor":"y"}') as Record<string, string>;
    const attestation = { ...heartbeatAt(0).attestation, runtime } as Heartbeat['attestation'];
    expect(await client.call('Heartbeat', beat({ attestation }), asNode)).toMatchObject({ nodeId: 'node-1' });
    const { node } = await client.call('GetNode', { nodeId: 'node-1' });
    const [latest] = (node as { history: { attestation: { runtime: object } }[] }).history;
    expect(Object.entries(latest?.attestation.runtime ?? {})).toContainEqual(['constructor', 'y']);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it('says of nodes that it does not know, and of ids that are none', async () => {
    expect(await client.refusal('GetNode', { nodeId: 'nobody' })).toMatchObject({
      status: status.NOT_FOUND,
      info: { reason: 'not-found' },
    });
    expect(await client.refusal('GetNode', { nodeId: '' })).toMatchObject({
      status: status.INVALID_ARGUMENT,
    });
  });

  it('takes messages of HEARTBEAT_BYTES_MAX, and none beyond', async () => {
    const padded = (bytes: number) => {
      const message = client.bytesOf('Heartbeat', beat());
      // An unknown field of the length that is left: tag 15, length in three bytes.
      const length = bytes - message.length - 4;
      const head = Buffer.from([0x7a, (length & 0x7f) | 0x80, ((length >> 7) & 0x7f) | 0x80, length >> 14]);
      return Buffer.concat([message, head, Buffer.alloc(length)]);
    };
    expect(padded(HEARTBEAT_BYTES_MAX)).toHaveLength(HEARTBEAT_BYTES_MAX);
    await client.send('Heartbeat', padded(HEARTBEAT_BYTES_MAX), asNode);
    expect(await client.refusal('Heartbeat', padded(HEARTBEAT_BYTES_MAX + 1), asNode)).toMatchObject({
      status: status.RESOURCE_EXHAUSTED,
    });
  });

  it.each([
    ['no protobuf', Buffer.from('ffffffff', 'hex'), status.INTERNAL],
    ['one that ends too early', Buffer.from('0a40', 'hex'), status.INVALID_ARGUMENT],
  ])('answers a message that is %s by its status', async (_what, bytes, code) => {
    expect(await client.refusal('GetNode', bytes)).toMatchObject({ status: code });
  });

  it('answers a call whose deadline passes while the database is held', async () => {
    const database = new pg.Client({ connectionString: fixture.database.url });
    await database.connect();
    await database.query('BEGIN; LOCK TABLE attestation.node IN ACCESS EXCLUSIVE MODE');
    const refused = await client.refusal('GetNode', { nodeId: 'node-1' }, { deadlineMs: 200 });
    await database.query('COMMIT');
    await database.end();
    expect(refused).toMatchObject({ status: status.DEADLINE_EXCEEDED });
    expect(await client.call('GetNode', { nodeId: 'node-1' })).toHaveProperty('node');
  });

  it('is described by reflection, and healthy until it stops', async () => {
    expect(await client.reflected()).toEqual([SERVICE]);
    const other = await fixture.start();
    const second = clientOf(other);
    await waitUntil(async () => (await second.health()) === 'SERVING');
    other.context.health.startDraining();
    expect(await second.health()).toBe('NOT_SERVING');
    second.close();
  });
});

describe('a heartbeat that is signed', () => {
  it('is signed over its JSON form, whatever transport it takes', async () => {
    const open = await fixture.start();
    const second = clientOf(open);
    const node = new SigningNode('node-signing');
    await node.join(open);
    const change = { boot_id: 'boot-1', sequence: 1 };
    const answer = await second.call('Heartbeat', messageOf(node.signed(fixture.clock.nowMs(), change)));
    expect(answer).toMatchObject({ nodeId: 'node-signing', nonce: expect.stringMatching(/^[1-9]/) });
    expect(answer['nonce']).not.toBe(node.nonce);
    second.close();
  });
});
