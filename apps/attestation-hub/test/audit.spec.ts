import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Heartbeat } from '@touchstone/contracts';
import { AUDIT_PAGE_MAX } from '@touchstone/contracts/http/attestation-hub';
import { problemOf } from '@touchstone/testing/service';
import { RECENT_FINDINGS_MS } from '../src/metrics.js';
import { AUDIT_LINES_DELETED_MAX } from '../src/persistence/audit-statements.js';
import {
  bareHeartbeatAt,
  CAPABILITY_HASH,
  heartbeatAt,
  HubFixture,
  OPERATOR,
  type Hub,
} from './support/hub-fixture.js';

let fixture: HubFixture;
let hub: Hub;
const now = () => fixture.clock.nowMs();
const isoNow = () => new Date(now()).toISOString();

/** Nobody is silent here, however much time passes. */
const patient = { TOUCHSTONE_STALE_AFTER_MS: '86400000' };

beforeAll(async () => {
  fixture = await HubFixture.create();
  hub = await fixture.start(patient);
}, 60_000);
afterAll(async () => fixture.close());

/** A heartbeat of another build than the usual one. */
function built(node_id: string, build_id: string): Heartbeat {
  const { attestation } = heartbeatAt(now());
  return heartbeatAt(now(), { node_id, ...(attestation && { attestation: { ...attestation, build_id } }) });
}

describe('the audit (R-NODE-5)', () => {
  it('has one line for each change, the same on standard output and over HTTP', async () => {
    const node_id = 'audited';
    for (const build of ['build-1', 'build-1', 'build-2', 'build-2', 'build-1', 'build-2', 'build-1']) {
      fixture.clock.advance(5_000);
      await hub.beat(built(node_id, build));
      await hub.beat(bareHeartbeatAt(now(), { node_id: 'beside' }));
    }
    const prefix = CAPABILITY_HASH.slice(0, 8);
    const at = (ago: number) => new Date(now() - ago).toISOString();
    const of = {
      audit: true,
      node_id,
      new_cap_prefix: prefix,
      reporter: 'http',
      remote_addr: expect.stringMatching(/127\.0\.0\.1$/),
      ...{ zone: null, detail: null },
    };
    const lines = [
      {
        ...of,
        number: 1,
        event: 'ATTESTATION_FIRST_SEEN',
        reason: null,
        old_cap_prefix: null,
        old_build: null,
        new_build: 'build-1',
        ts_utc: at(30_000),
      },
      {
        ...of,
        number: 2,
        event: 'ATTESTATION_DRIFT',
        reason: null,
        old_cap_prefix: prefix,
        old_build: 'build-1',
        new_build: 'build-2',
        ts_utc: at(20_000),
      },
      {
        ...of,
        number: 3,
        event: 'ATTESTATION_SPOOF_SUSPECT',
        reason: 'flip-flop',
        old_cap_prefix: prefix,
        old_build: 'build-2',
        new_build: 'build-1',
        ts_utc: at(10_000),
      },
    ];
    expect(await hub.auditPage()).toEqual(lines);
    expect(hub.audit()).toEqual(
      lines.map(({ number: _number, ...line }) => expect.objectContaining({ level: 'info', ...line })),
    );
    expect(JSON.stringify(hub.lines)).not.toContain(CAPABILITY_HASH);
  });

  it('is NDJSON, a page at a time, of one node or of one event', async () => {
    const response = await hub.get('/v1/audit?limit=2', OPERATOR);
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    const text = await response.text();
    expect(text.split('\n').map((line) => line === '' || JSON.parse(line).number)).toEqual([1, 2, true]);
    await hub.beat(heartbeatAt(now(), { node_id: 'another' }));
    const numbers = async (query: string) => (await hub.auditPage(query)).map(({ number }) => number);
    expect(await numbers('?limit=2&cursor=2')).toEqual([3, 4]);
    expect(await numbers('?cursor=4')).toEqual([]);
    expect(await numbers('?node=another')).toEqual([4]);
    expect(await numbers('?event=ATTESTATION_FIRST_SEEN')).toEqual([1, 4]);
    expect(await numbers('?event=ATTESTATION_DRIFT&node=another')).toEqual([]);
    expect(await numbers(`?limit=${AUDIT_PAGE_MAX}`)).toEqual([1, 2, 3, 4]);
  });

  it.each([
    `limit=${AUDIT_PAGE_MAX + 1}`,
    'limit=0',
    'cursor=-1',
    'cursor=x',
    'event=drift',
    'node=a%20b',
    'page=2',
  ])('refuses ?%s', async (query) => {
    const response = await hub.get(`/v1/audit?${query}`, OPERATOR);
    expect([response.status, (await problemOf(response)).code]).toEqual([400, 'validation-failed']);
  });

  it('is for the operator alone, and for nobody where none is configured', async () => {
    for (const headers of [{}, { authorization: `Bearer ${'x'.repeat(32)}` }])
      expect((await hub.get('/v1/audit', headers)).status).toBe(401);
    const without = await fixture.start({ TOUCHSTONE_OPERATOR_TOKEN_SHA256: undefined });
    expect((await without.get('/v1/audit', OPERATOR)).status).toBe(401);
  });
});

describe('a line and the change that it tells', () => {
  it('are written together or not at all', async () => {
    const dataSource = await fixture.dataSource();
    const node_id = 'atomic';
    const before = (await hub.auditPage()).length;
    await dataSource.query(`
      CREATE FUNCTION attestation.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no line'; END $$;
      CREATE TRIGGER fail BEFORE INSERT ON attestation.audit FOR EACH ROW EXECUTE FUNCTION attestation.fail()`);
    const refused = await hub.send(heartbeatAt(now(), { node_id }));
    await dataSource.query('DROP TRIGGER fail ON attestation.audit; DROP FUNCTION attestation.fail');
    expect(refused.status).toBeGreaterThanOrEqual(500);
    expect((await hub.get(`/v1/nodes/${node_id}`)).status).toBe(404);
    await hub.beat(heartbeatAt(now(), { node_id }));
    expect((await hub.auditPage()).map(({ number }) => number)).toEqual(
      Array.from({ length: before + 1 }, (_, index) => index + 1),
    );
  });

  it('survive connections that are cut anywhere, each once', async () => {
    const ids = Array.from({ length: 100 }, (_, index) => `cut-${index}`);
    let isCutting = true;
    const cutting = (async () => {
      while (isCutting) {
        await fixture.rows(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = current_database() AND application_name = 'attestation-hub' AND query ~ 'attestation|COMMIT'`,
        );
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    })();
    const insist = async (message: Heartbeat) => {
      while ((await hub.send(message)).status !== 200)
        await new Promise((resolve) => setTimeout(resolve, 20));
    };
    for (const build of ['build-1', 'build-2'])
      await Promise.all(ids.map((node_id) => insist(built(node_id, build))));
    isCutting = false;
    await cutting;
    const lines = await hub.auditPage(`?limit=${AUDIT_PAGE_MAX}`);
    expect(lines.map(({ number }) => number)).toEqual(lines.map((_, index) => index + 1));
    for (const id of ids)
      expect(lines.filter(({ node_id }) => node_id === id).map(({ event }) => event)).toEqual([
        'ATTESTATION_FIRST_SEEN',
        'ATTESTATION_DRIFT',
      ]);
    const events = ((await fixture.events()) as { nodeId: string; status: string }[]).filter(({ nodeId }) =>
      ids.includes(nodeId),
    );
    expect(events).toHaveLength(2 * ids.length);
  }, 60_000);
});

describe('the figures on the port of the heartbeats (R-NODE-6)', () => {
  const figures = async (of: Hub) => {
    const response = await of.get('/metrics');
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      expect.stringMatching(/^text\/plain/),
    ]);
    const lines = (await response.text()).split('\n');
    const value = (name: string) =>
      Number(
        lines
          .find((line) => line.split(/[ {]/)[0] === name)
          ?.split(' ')
          .at(-1),
      );
    const names = ['ok', 'missing', 'drift', 'spoof_suspect', 'drift_1m', 'spoof_1m'];
    expect(lines).toContain('# TYPE touchstone_attestation_heartbeats_total counter');
    return Object.fromEntries(names.map((name) => [name, value(`attestation_${name}`)]));
  };

  it('are the same at every replica and after a restart, and forget the last minute when it is over', async () => {
    fixture.clock.advance(10 * RECENT_FINDINGS_MS);
    const before = await figures(hub);
    expect([before['drift_1m'], before['spoof_1m']]).toEqual([0, 0]);
    const other = await fixture.start(patient);
    await hub.beat(heartbeatAt(now(), { node_id: 'figure-ok' }));
    await hub.beat(bareHeartbeatAt(now(), { node_id: 'figure-missing' }));
    for (const build of ['build-1', 'build-2']) await hub.beat(built('figure-drift', build));
    for (const build of ['build-1', 'build-2', 'build-1']) await other.beat(built('figure-spoof', build));
    const after = { ok: 1, missing: 1, drift: 1, spoof_suspect: 1, drift_1m: 2, spoof_1m: 1 };
    const expected = Object.fromEntries(
      Object.entries(after).map(([name, more]) => [name, (before[name] ?? 0) + more]),
    );
    expect([await figures(hub), await figures(other)]).toEqual([expected, expected]);
    await other.stop();
    const restarted = await fixture.start(patient);
    expect(await figures(restarted)).toEqual(expected);
    fixture.clock.advance(RECENT_FINDINGS_MS - 1);
    expect(await figures(restarted)).toEqual(expected);
    fixture.clock.advance(1);
    expect(await figures(restarted)).toEqual({ ...expected, drift_1m: 0, spoof_1m: 0 });
  });
});

describe('a node that its operator removes', () => {
  it('is forgotten with its history, and its next heartbeat is its first; its audit stays', async () => {
    const node_id = 'removed';
    for (const build of ['build-1', 'build-2']) await hub.beat(built(node_id, build));
    const remove = (headers: Record<string, string>, id = node_id) =>
      fetch(`${hub.url}/v1/nodes/${id}`, { method: 'DELETE', headers });
    expect((await remove({})).status).toBe(401);
    expect(await hub.node(node_id)).toMatchObject({ status: 'DRIFT' });
    const removed = await remove(OPERATOR);
    expect([removed.status, await removed.json()]).toEqual([200, { nodeId: node_id }]);
    expect((await hub.get(`/v1/nodes/${node_id}`)).status).toBe(404);
    expect((await remove(OPERATOR)).status).toBe(404);
    expect(await hub.beat(built(node_id, 'build-2'))).toMatchObject({ status: 'OK' });
    expect((await hub.node(node_id)).history).toHaveLength(1);
    expect((await hub.auditPage(`?node=${node_id}`)).map(({ event }) => event)).toEqual([
      'ATTESTATION_FIRST_SEEN',
      'ATTESTATION_DRIFT',
      'ATTESTATION_FIRST_SEEN',
    ]);
  });
});

describe('an audit that is full', () => {
  it('keeps TOUCHSTONE_AUDIT_LINES_MAX lines, deletes at most AUDIT_LINES_DELETED_MAX at once, and counts on', async () => {
    const dataSource = await fixture.dataSource();
    const fill = async (lines: number) => {
      await dataSource.query(
        `TRUNCATE attestation.audit;
         UPDATE attestation.audit_end SET number = ${lines};
         INSERT INTO attestation.audit (number, at, event, node_id, new_cap_prefix, new_build, reporter)
         SELECT number, now(), 'ATTESTATION_DRIFT', 'old', '00000000', 'old', 'http' FROM generate_series(1, ${lines}) AS number`,
      );
    };
    const first = async () =>
      (await dataSource.query('SELECT min(number) AS first, max(number) AS last FROM attestation.audit'))[0];
    const small = await fixture.start({ TOUCHSTONE_AUDIT_LINES_MAX: '3' });
    await fill(2);
    await small.beat(heartbeatAt(now(), { node_id: 'third' }));
    expect(await first()).toEqual({ first: '1', last: '3' });
    await small.beat(heartbeatAt(now(), { node_id: 'fourth' }));
    expect(await first()).toEqual({ first: '2', last: '4' });
    await fill(AUDIT_LINES_DELETED_MAX + 2);
    await small.beat(heartbeatAt(now(), { node_id: 'fifth' }));
    expect(await first()).toEqual({
      first: String(AUDIT_LINES_DELETED_MAX + 1),
      last: String(AUDIT_LINES_DELETED_MAX + 3),
    });
    await fill(AUDIT_LINES_DELETED_MAX + 3);
    await small.beat(heartbeatAt(now(), { node_id: 'sixth' }));
    // One more than is deleted at once: the next line takes it along.
    expect(await first()).toEqual({
      first: String(AUDIT_LINES_DELETED_MAX + 1),
      last: String(AUDIT_LINES_DELETED_MAX + 4),
    });
    await small.beat(heartbeatAt(now(), { node_id: 'seventh' }));
    expect(await first()).toEqual({
      first: String(AUDIT_LINES_DELETED_MAX + 3),
      last: String(AUDIT_LINES_DELETED_MAX + 5),
    });
    expect(isoNow()).toBe((await small.auditPage()).at(-1)?.ts_utc);
  });
});
