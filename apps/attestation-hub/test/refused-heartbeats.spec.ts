import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RUNTIME_MEMBERS_MAX, TIME_FRACTION_DIGITS_MAX } from '@touchstone/contracts';
import { problemOf } from '@touchstone/testing/service';
import { HEARTBEAT_BYTES_MAX } from '../src/transport/http/heartbeats.controller.js';
import { CAPABILITY_HASH, heartbeatAt, HubFixture, type Hub } from './support/hub-fixture.js';

let fixture: HubFixture;
let hub: Hub;
const valid = () => heartbeatAt(fixture.clock.nowMs());
const attested = (change: object) => ({ ...valid(), attestation: { ...valid().attestation, ...change } });
const runtimeOf = (members: number) =>
  Object.fromEntries(Array.from({ length: members }, (_, index) => [`part-${index}`, 'x']));

beforeAll(async () => {
  fixture = await HubFixture.create();
  hub = await fixture.start();
}, 60_000);

afterAll(async () => fixture.close());

describe('a malformed heartbeat', () => {
  it.each<[string, () => object, string]>([
    ['no node id', () => ({ ...valid(), node_id: undefined }), '/node_id'],
    ['an empty node id', () => ({ ...valid(), node_id: '' }), '/node_id'],
    ['a node id of 129 characters', () => ({ ...valid(), node_id: 'n'.repeat(129) }), '/node_id'],
    ['a node id with a space', () => ({ ...valid(), node_id: 'a b' }), '/node_id'],
    ['a node id with a line end', () => ({ ...valid(), node_id: 'a\n' }), '/node_id'],
    ['a node id that is a path of its own', () => ({ ...valid(), node_id: 'heartbeat' }), '/node_id'],
    ['a node id that is a number', () => ({ ...valid(), node_id: 7 }), '/node_id'],
    ['no health', () => ({ ...valid(), health: undefined }), '/health'],
    ['an unknown health', () => ({ ...valid(), health: 'green' }), '/health'],
    ['no time', () => ({ ...valid(), ts_utc: undefined }), '/ts_utc'],
    ['an offset that does not exist', () => ({ ...valid(), ts_utc: '2026-01-02T03:04:05+24:00' }), '/ts_utc'],
    ['a leap second', () => ({ ...valid(), ts_utc: '2016-12-31T23:59:60Z' }), '/ts_utc'],
    [
      'one digit of a fraction too many',
      () => ({ ...valid(), ts_utc: `2026-01-02T03:04:05.${'1'.repeat(TIME_FRACTION_DIGITS_MAX + 1)}Z` }),
      '/ts_utc',
    ],
    ['a day that does not exist', () => ({ ...valid(), ts_utc: '2026-02-30T03:04:05Z' }), '/ts_utc'],
    ['an hour that does not exist', () => ({ ...valid(), ts_utc: '2026-02-03T24:00:00Z' }), '/ts_utc'],
    ['a time in seconds', () => ({ ...valid(), ts_utc: 1_763_632_800 }), '/ts_utc'],
    ['a null attestation', () => ({ ...valid(), attestation: null }), '/attestation'],
    ['another schema', () => attested({ schema: 'attestation_v2' }), '/attestation/schema'],
    ['no build', () => attested({ build_id: undefined }), '/attestation/build_id'],
    ['an empty build', () => attested({ build_id: '' }), '/attestation/build_id'],
    ['a build of 257 characters', () => attested({ build_id: 'b'.repeat(257) }), '/attestation/build_id'],
    ['a build with NUL', () => attested({ build_id: 'a\u0000b' }), '/attestation/build_id'],
    ['a build with an escape', () => attested({ build_id: 'a\u001b[2J' }), '/attestation/build_id'],
    ['a short hash', () => attested({ capability_hash: 'ab' }), '/attestation/capability_hash'],
    [
      'a hash in upper case',
      () => attested({ capability_hash: CAPABILITY_HASH.toUpperCase() }),
      '/attestation/capability_hash',
    ],
    ['no runtime', () => attested({ runtime: undefined }), '/attestation/runtime'],
    ['a runtime with a number', () => attested({ runtime: { node: 20 } }), '/attestation/runtime/node'],
    ['a long runtime value', () => attested({ runtime: { os: 'x'.repeat(129) } }), '/attestation/runtime/os'],
    [
      'a runtime name with NUL',
      () => attested({ runtime: { 'o\u0000s': 'x' } }),
      '/attestation/runtime/o\u0000s',
    ],
    ['a runtime value with NUL', () => attested({ runtime: { os: '\u0000' } }), '/attestation/runtime/os'],
    [
      'one runtime member too many',
      () => attested({ runtime: runtimeOf(RUNTIME_MEMBERS_MAX + 1) }),
      '/attestation/runtime',
    ],
    ['an unknown member', () => ({ ...valid(), zone: 'a' }), '/zone'],
    ['an unknown member of the attestation', () => attested({ signature: 'a' }), '/attestation/signature'],
  ])('with %s is refused with a pointer', async (_name, message, pointer) => {
    const response = await hub.send(message());
    expect(response.status).toBe(422);
    const refusal = await problemOf(response);
    expect(refusal.code).toBe('validation-failed');
    expect(refusal.errors?.map((finding) => finding.pointer)).toContain(pointer);
  });

  it.each([
    ['no JSON', '{"node_id":', 400, 'malformed-json'],
    ['a name twice', '{"health":"RED","health":"GREEN"}', 400, 'malformed-json'],
    ['half a surrogate pair', JSON.stringify({ a: 1 }).replace('"a"', '"\\ud800"'), 400, 'malformed-json'],
    ['an array', '[]', 422, 'validation-failed'],
    ['nothing', '', 400, 'malformed-json'],
  ])('that is %s is refused', async (_name, body, status, code) => {
    const response = await hub.send(body);
    expect([response.status, (await problemOf(response)).code]).toEqual([status, code]);
  });

  it('of another media type is refused', async () => {
    const response = await fetch(`${hub.url}/v1/nodes/heartbeat`, { method: 'POST', body: 'node_id=1' });
    expect(response.status).toBe(415);
  });

  it('leaves nothing behind', async () => {
    expect(await hub.page()).toEqual({ nodes: [], nextCursor: null });
    expect(await fixture.events()).toEqual([]);
    expect(hub.audit()).toEqual([]);
    expect(await hub.metric('touchstone_http_server_duration_seconds_count')).toBeGreaterThan(0);
  });
});

describe('the limits', () => {
  it('of the body holds to the byte', async () => {
    const text = JSON.stringify(valid());
    expect((await hub.send(text.padEnd(HEARTBEAT_BYTES_MAX, ' '))).status).toBe(200);
    const tooLarge = await hub.send(text.padEnd(HEARTBEAT_BYTES_MAX + 1, ' '));
    expect([tooLarge.status, (await problemOf(tooLarge)).code]).toEqual([413, 'body-too-large']);
  });

  it('of the runtime and of every text take what they name', async () => {
    const longest = attested({ build_id: 'b'.repeat(256), runtime: runtimeOf(RUNTIME_MEMBERS_MAX) });
    expect((await hub.send({ ...longest, node_id: 'n'.repeat(128) })).status).toBe(200);
    const escaped = Object.fromEntries(
      Array.from({ length: RUNTIME_MEMBERS_MAX }, (_, index) => [
        String(index).padStart(2, '0') + '\u20ac'.repeat(30),
        '\u20ac'.repeat(128),
      ]),
    );
    const text = JSON.stringify(attested({ runtime: escaped })).replaceAll('\u20ac', '\\u20ac');
    expect((await hub.send(text)).status).toBe(200);
  });
});

describe('a hub that is full', () => {
  it('refuses new nodes and goes on with those it knows', async () => {
    const { nodes } = await hub.page();
    const full = await fixture.start({ TOUCHSTONE_NODES_MAX: String(nodes.length + 1) });
    const names = ['full-1', 'full-2', 'full-3', 'node-1'];
    const statuses = await Promise.all(
      names.map(async (node_id) => (await full.send({ ...valid(), node_id })).status),
    );
    expect(statuses.filter((status) => status === 403)).toHaveLength(2);
    expect(statuses[3]).toBe(200);
    const refused = await full.send({ ...valid(), node_id: 'full-4' });
    expect([refused.status, (await problemOf(refused)).code]).toEqual([403, 'forbidden']);
    expect((await hub.page()).nodes).toHaveLength(nodes.length + 1);
  });
});
