import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  REVENUE_DAYS_MAX,
  REVENUE_LINES_MAX,
  type RevenueAnswer,
} from '@touchstone/contracts/http/developers';
import { waitUntil } from '@touchstone/testing';
import { STATUS_CHANGES_LISTED_MAX } from '../src/domain/market/change-status.js';
import { USAGE_CHANGES_ADDED_MAX } from '../src/persistence/postgres-usage-store.js';
import { GatewayFixture, type Gateway } from './support/gateway-fixture.js';
import { addressOf, askForKey, call, developer, market, submit } from './support/market-scene.js';
import { add } from './support/operator-requests.js';

let fixture: GatewayFixture;
let gateway: Gateway;
let key: string;

beforeAll(async () => {
  fixture = await GatewayFixture.create();
  gateway = await fixture.start(market);
  const account = developer();
  await submit(gateway, { account, manifest: { name: 'other' } });
  key = (await askForKey(gateway, account)).body.key;
  // A model of the market without the way there.
  await add(gateway, { name: 'counted', developer: addressOf(account) });
  await fixture.rows(
    `UPDATE gateway.added_models SET market = '{"submissionId": "x", "revenueShareBps": 5000}' WHERE model_id = 'counted'`,
  );
}, 60_000);

afterAll(() => fixture?.close());

const version = `(SELECT model_version_id FROM gateway.models WHERE model_id = 'counted')`;
const revenue = async (from: string, to: string) =>
  call<RevenueAnswer & { code?: string }>(
    gateway,
    'GET',
    `/v1/developers/me/revenue?from=${from}&to=${to}`,
    undefined,
    key,
  );
const dayAfter = (day: string, days: number): string =>
  new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);

describe('an answer about revenue', () => {
  it('covers REVENUE_DAYS_MAX', async () => {
    const last = (days: number) => dayAfter('2020-01-01', days - 1);
    expect(await revenue('2020-01-01', last(REVENUE_DAYS_MAX))).toMatchObject({ status: 200 });
    expect(await revenue('2020-01-01', last(REVENUE_DAYS_MAX + 1))).toMatchObject({
      status: 400,
      body: { code: 'validation-failed' },
    });
  });

  it('has REVENUE_LINES_MAX', async () => {
    const copies = (from: number, to: number) =>
      fixture.rows(
        `WITH copy AS (SELECT decode(md5(n::text) || md5(n::text), 'hex') AS id, 'copy-' || n AS name
           FROM generate_series($1::int, $2::int) n),
         model AS (INSERT INTO gateway.models (model_version_id, model_id, name, version, developer, task, model_hash,
             model_hash_sha3, size_bytes, price_atomic, status, manifest)
           SELECT copy.id, copy.name, copy.name, m.version, m.developer, m.task, m.model_hash, m.model_hash_sha3,
             m.size_bytes, m.price_atomic, 'retired', jsonb_set(m.manifest::jsonb, '{id}', to_jsonb(copy.name))
           FROM copy, gateway.models m WHERE m.model_id = 'counted'),
         added AS (INSERT INTO gateway.added_models (model_version_id, model_id, name, version, market)
           SELECT copy.id, copy.name, copy.name, '1.0.0', '{"submissionId": "x", "revenueShareBps": 5000}' FROM copy)
         INSERT INTO gateway.model_usage SELECT id, '2019-05-05', 1, 0, 3, 1 FROM copy`,
        [from, to],
      );
    await copies(1, REVENUE_LINES_MAX);
    const full = await revenue('2019-05-05', '2019-05-05');
    expect(full.body.lines).toHaveLength(REVENUE_LINES_MAX);
    // Half of three atomic units, rounded down line by line.
    expect(full.body.totals).toMatchObject({
      chargedAtomic: String(3 * REVENUE_LINES_MAX),
      developerShareAtomic: String(REVENUE_LINES_MAX),
      platformShareAtomic: String(2 * REVENUE_LINES_MAX),
    });
    await copies(REVENUE_LINES_MAX + 1, REVENUE_LINES_MAX + 1);
    expect(await revenue('2019-05-05', '2019-05-05')).toMatchObject({ status: 400 });
  }, 60_000);
});

describe('totals', () => {
  it('are the same while changes are added to them, USAGE_CHANGES_ADDED_MAX at once', async () => {
    const changes = USAGE_CHANGES_ADDED_MAX + 1;
    await fixture.rows(
      `INSERT INTO gateway.model_usage_changes (model_version_id, day, calls, errors, charged_atomic, inference_ms)
       SELECT ${version}, '2021-03-03', 1, 0, 10, 2 FROM generate_series(1, $1::int)`,
      [changes],
    );
    const read = async () => (await revenue('2021-03-03', '2021-03-03')).body.totals.calls;
    const left = () => fixture.column<number>('SELECT count(*)::int FROM gateway.model_usage_changes');
    await waitUntil(async () => {
      expect(await read()).toBe(changes);
      return (await left())[0] === 0;
    }, 30_000);
    expect(await read()).toBe(changes);
  }, 60_000);
});

describe('the history of a model', () => {
  it('has the newest STATUS_CHANGES_LISTED_MAX', async () => {
    const changes = (count: number) =>
      fixture.rows(
        `INSERT INTO gateway.model_changes (model_version_id, at, by, from_status, to_status, reason)
         SELECT ${version}, now(), 'operator', 'active', 'suspended', n::text FROM generate_series(1, $1::int) n`,
        [count],
      );
    const history = async () =>
      (await call<{ history: { reason: string | null }[] }>(gateway, 'GET', '/v1/models/counted/history'))
        .body.history;
    // One is there already: that it was added.
    await changes(STATUS_CHANGES_LISTED_MAX - 1);
    expect((await history()).at(-1)?.reason).toBeNull();
    await changes(1);
    expect(await history()).toHaveLength(STATUS_CHANGES_LISTED_MAX);
    expect((await history()).at(-1)?.reason).toBe('1');
  });
});
