import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SubmissionPage } from '@touchstone/contracts/http/market';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import { commitmentHash } from '@touchstone/evidence';
import { linearClassifier } from '@touchstone/testing';
import { SUBMISSIONS_OPEN_MAX } from '../src/domain/market/submission.js';
import { GatewayFixture, type Gateway } from './support/gateway-fixture.js';
import {
  addressOf,
  call,
  developer,
  market,
  send,
  signedParts,
  submit,
  TERMS,
  validated,
} from './support/market-scene.js';
import { add, ask } from './support/operator-requests.js';

let fixture: GatewayFixture;
let first: Gateway;
let second: Gateway;

beforeAll(async () => {
  fixture = await GatewayFixture.create();
  first = await fixture.start(market);
  second = await fixture.start(market);
}, 60_000);

afterAll(() => fixture?.close());

const approve = (gateway: Gateway, id: string, body: object = {}) =>
  call(gateway, 'POST', `/v1/submissions/${id}/approve`, body);

describe('models of developers', () => {
  it('two are submitted, validated, approved and asked, each with its commitment (R-INFER-7)', async () => {
    const names = ['seaside', 'mountain'];
    for (const [index, name] of names.entries()) {
      const account = developer();
      const gateway = [first, second][index] as Gateway;
      const sent = await submit(gateway, {
        account,
        manifest: { name, labels: ['left', 'middle', 'right'], revenueShareBps: 6_000 },
      });
      expect(sent).toMatchObject({
        status: 201,
        body: { state: 'submitted', developer: addressOf(account), name, modelId: null },
      });
      const { id } = sent.body;
      expect(await validated(first, id)).toMatchObject({ state: 'awaiting-review', reason: null });
      expect(await ask(first, name, [0, 3])).toMatchObject({ status: 404 });
      expect(await approve(first, id, { reason: 'Looks fine.' })).toMatchObject({
        status: 200,
        body: { state: 'approved', modelId: name },
      });
      for (const each of [first, second])
        expect(await ask(each, name, [0, 3])).toMatchObject({
          status: 200,
          body: { prediction: { label: 'middle' } },
        });
      const { body } = await call(first, 'GET', `/v1/submissions/${id}`);
      expect(body.history.map(({ by, from, to, reason }) => [by, from, to, reason])).toEqual([
        [addressOf(account), null, 'submitted', null],
        ['validation', 'submitted', 'validating', null],
        ['validation', 'validating', 'awaiting-review', null],
        ['operator', 'awaiting-review', 'approved', 'Looks fine.'],
      ]);
    }
    const published = await fixture.events<{
      modelId: string;
      commitment: Parameters<typeof commitmentHash>[0];
    }>('evt.v1.inference.commitment.published');
    for (const name of names) {
      const page = (await (await fetch(`${second.url}/v1/models/${name}`)).json()) as Record<string, unknown>;
      const [own] = published.filter(({ modelId }) => modelId === name);
      expect(page).toMatchObject({ status: 'active', revenueShareBps: 6_000, commitment: own?.commitment });
      expect(page['developer']).toMatch(/^0x[0-9a-f]{40}$/);
    }
    // The pieces of both are those of the models now.
    const others = `SELECT file_id FROM gateway.file_pieces EXCEPT SELECT file_id FROM gateway.added_models`;
    expect(await fixture.rows(others)).toEqual([]);
    expect(await fixture.column('SELECT count(*)::int FROM gateway.file_pieces')).toEqual([2]);
  });

  it('are told the terms that they sign', async () => {
    const terms = (await (await fetch(`${first.url}/v1/submissions/terms`)).json()) as object;
    expect(terms).toMatchObject({
      text: TERMS,
      chainId: 8453,
      revenueShareBpsMax: 7_000,
      submissionsPerDay: 1,
    });
  });

  it('are the same submission when the same signed form comes again, at the same time too', async () => {
    const account = developer();
    const parts = await signedParts({ account, manifest: { name: 'again' } });
    const both = await Promise.all([send(first, parts), send(second, parts)]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 201]);
    const third = await send(first, parts);
    expect(third.status).toBe(200);
    expect(new Set([...both, third].map(({ body }) => body.id)).size).toBe(1);
  });

  it('are one a day of each developer; the next is told when', async () => {
    const account = developer();
    expect(await submit(first, { account, manifest: { name: 'daily' } })).toMatchObject({ status: 201 });
    const response = await submit(second, { account, manifest: { name: 'daily-too' } });
    expect(response).toMatchObject({ status: 429, body: { code: 'rate-limited' } });
    expect(response.body.detail).toContain('the next one is taken in 86400 seconds');
    await fixture.rows(
      `UPDATE gateway.submissions SET created_at = created_at - interval '1 day' WHERE developer = $1`,
      [addressOf(account)],
    );
    expect(await submit(second, { account, manifest: { name: 'daily-too' } })).toMatchObject({ status: 201 });
  });

  it('keep a name to its developer, who adds versions to it', async () => {
    const [owner, other] = [developer(), developer()];
    const one = await submit(first, { account: owner, manifest: { name: 'owned' } });
    const rival = await submit(first, { account: other, manifest: { name: 'owned', version: '9.0.0' } });
    await validated(first, one.body.id);
    await validated(first, rival.body.id);
    expect(await approve(first, one.body.id)).toMatchObject({ status: 200 });
    expect(await approve(first, rival.body.id)).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('belongs to somebody else') },
    });
    expect(await submit(first, { account: developer(), manifest: { name: 'owned' } })).toMatchObject({
      status: 409,
      body: { code: 'conflict' },
    });
    expect(await submit(first, { account: developer(), manifest: { name: 'digits' } })).toMatchObject({
      status: 409,
    });
    await fixture.rows(`UPDATE gateway.submissions SET created_at = created_at - interval '1 day'`);
    const model = linearClassifier([[1], [1]], [0]);
    const cases = [1, 2, 3].map((x) => ({
      inputs: [{ name: 'features', datatype: 'FP32', shape: [1, 2], data: [x, x] }],
      outputs: [{ name: 'probabilities', datatype: 'FP32', shape: [1, 1], data: [1] }],
    }));
    expect(await submit(first, { account: owner, manifest: { name: 'owned' }, model })).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('is there already') },
    });
    const next = await submit(first, {
      account: owner,
      manifest: { name: 'owned', version: '2.0.0' },
      model,
      cases,
    });
    expect(next).toMatchObject({ status: 201 });
    await validated(first, next.body.id);
    expect(await approve(first, next.body.id)).toMatchObject({ body: { modelId: 'owned-2-0-0' } });
  });
});

describe('a model with an OpenSSF model signature', () => {
  const file = (name: string) =>
    readFileSync(new URL(`files/model-signing/${name}`, import.meta.url), 'utf8');

  it('shows by which key its file was signed; one that does not hold is refused', async () => {
    const [account, bundle] = [developer(), file('model.sig')];
    const modelSigning = { publicKeyPem: file('public-key.pem') };
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const stranger = { publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }) };
    expect(
      await submit(first, { account, manifest: { name: 'signed', modelSigning: stranger }, bundle }),
    ).toMatchObject({
      status: 422,
      body: { code: 'model-invalid' },
    });
    const { body } = await submit(first, { account, manifest: { name: 'signed', modelSigning }, bundle });
    await validated(first, body.id);
    await approve(first, body.id);
    const page = (await (await fetch(`${second.url}/v1/models/signed`)).json()) as Record<string, unknown>;
    expect(page['modelSigning']).toEqual({
      publicKeySha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      bundleSha256: bytesToHex(sha256(new TextEncoder().encode(bundle))),
    });
  });
});

describe('the review', () => {
  it('decides once when two approve, or one approves and one rejects, at the same time', async () => {
    const sent = await submit(first, { account: developer(), manifest: { name: 'raced' } });
    await validated(first, sent.body.id);
    const both = await Promise.all([approve(first, sent.body.id), approve(second, sent.body.id)]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    const other = await submit(first, { account: developer(), manifest: { name: 'contested' } });
    await validated(first, other.body.id);
    const decided = await Promise.all([
      approve(first, other.body.id),
      call(second, 'POST', `/v1/submissions/${other.body.id}/reject`, { reason: 'No.' }),
    ]);
    expect(decided.map(({ status }) => status).sort()).toEqual([200, 409]);
    const { body } = await call(first, 'GET', `/v1/submissions/${other.body.id}`);
    expect(body.state).toBe(decided[0].status === 200 ? 'approved' : 'rejected');
    expect(body.history).toHaveLength(4);
  });

  it('rejects with a reason, and nothing stays but the record', async () => {
    const sent = await submit(first, { account: developer(), manifest: { name: 'unwanted' } });
    const reject = (body: object) => call(first, 'POST', `/v1/submissions/${sent.body.id}/reject`, body);
    await validated(first, sent.body.id);
    expect(await reject({})).toMatchObject({ status: 422 });
    expect(await reject({ reason: 'A copy of another one.' })).toMatchObject({
      status: 200,
      body: { state: 'rejected', reason: 'A copy of another one.' },
    });
    expect(await reject({ reason: 'Again.' })).toMatchObject({ status: 409 });
    expect(await approve(first, sent.body.id)).toMatchObject({ status: 409 });
    const files = `SELECT 1 FROM gateway.file_pieces WHERE file_id = $1`;
    expect(await fixture.rows(files, [sent.body.id])).toEqual([]);
  });

  it('is of the operator alone, page by page', async () => {
    const none = '01890a5d-ac96-774b-bcce-b302099a8059';
    for (const [method, path, body] of [
      ['GET', '/v1/submissions', undefined],
      ['GET', `/v1/submissions/${none}`, undefined],
      ['POST', `/v1/submissions/${none}/approve`, {}],
      ['POST', `/v1/submissions/${none}/reject`, { reason: 'x' }],
      ['POST', '/v1/models/digits/suspend', { reason: 'x' }],
      ['GET', '/v1/models/digits/history', undefined],
    ] as const)
      expect(await call(first, method, path, body, 'x'.repeat(40))).toMatchObject({ status: 401 });
    expect(await call(first, 'GET', `/v1/submissions/${none}`)).toMatchObject({ status: 404 });
    expect(await approve(first, none)).toMatchObject({ status: 404 });
    const ids: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const more = cursor === '' ? '' : `&cursor=${cursor}`;
      const page: { body: SubmissionPage } = await call(first, 'GET', `/v1/submissions?limit=2${more}`);
      ids.push(...page.body.submissions.map(({ id }) => id));
      cursor = page.body.nextCursor;
    }
    expect(ids).toEqual(await fixture.column('SELECT id FROM gateway.submissions ORDER BY id DESC'));
    const rejected = await call<SubmissionPage>(first, 'GET', '/v1/submissions?state=rejected');
    expect(rejected.body.submissions.every(({ state }) => state === 'rejected')).toBe(true);
  });
});

describe('a model that is suspended', () => {
  it('takes no requests until it is resumed, with its history', async () => {
    await add(first, { name: 'paused' });
    const change = (what: string, reason = `to ${what}`) =>
      call(first, 'POST', `/v1/models/paused/${what}`, { reason });
    expect(await change('resume', 'It runs already.')).toMatchObject({ status: 200 });
    expect(await change('suspend')).toMatchObject({ status: 200, body: { status: 'suspended' } });
    expect(await ask(first, 'paused', [1, 0])).toMatchObject({
      status: 409,
      body: { code: 'model-not-active' },
    });
    expect(await change('resume')).toMatchObject({ status: 200, body: { status: 'active' } });
    expect(await ask(first, 'paused', [1, 0])).toMatchObject({ status: 200 });
    expect(await call(first, 'DELETE', '/v1/models/paused')).toMatchObject({ status: 200 });
    expect(await change('suspend')).toMatchObject({ status: 409 });
    const { body } = await call<{ history: Record<string, unknown>[] }>(
      first,
      'GET',
      '/v1/models/paused/history',
    );
    expect(body.history.map(({ from, to, reason }) => [from, to, reason])).toEqual([
      ['active', 'retired', null],
      ['suspended', 'active', 'to resume'],
      ['active', 'suspended', 'to suspend'],
      [null, 'active', null],
    ]);
  });

  it('may be one of the folder', async () => {
    const reason = { reason: 'under repair' };
    expect(await call(first, 'POST', '/v1/models/digits/suspend', reason)).toMatchObject({
      status: 200,
      body: { status: 'suspended' },
    });
    expect(await call(first, 'POST', '/v1/models/digits/resume', reason)).toMatchObject({
      status: 200,
      body: { status: 'active' },
    });
    expect(await call(first, 'POST', '/v1/models/nobody/suspend', reason)).toMatchObject({ status: 404 });
  });
});

describe('submissions that wait', () => {
  it('are SUBMISSIONS_OPEN_MAX and not one more', async () => {
    await submit(first, { account: developer(), manifest: { name: 'waiting' } });
    const open = `state IN ('submitted', 'validating', 'awaiting-review')`;
    await fixture.rows(
      `INSERT INTO gateway.submissions SELECT (p).* FROM (
         SELECT jsonb_populate_record(s, jsonb_build_object('id', gen_random_uuid(), 'state', 'awaiting-review',
           'tensors', '{}'::jsonb, 'digest', '\\x' || md5(n::text) || md5(n::text))) AS p
         FROM gateway.submissions s, generate_series(1, $1 - (SELECT count(*)::int FROM gateway.submissions WHERE ${open})) n
         WHERE s.name = 'waiting') AS rows`,
      [SUBMISSIONS_OPEN_MAX - 1],
    );
    const last = await submit(first, { account: developer(), manifest: { name: 'last' } });
    expect(last).toMatchObject({ status: 201 });
    const more = await submit(first, { account: developer(), manifest: { name: 'one-more' } });
    expect(more).toMatchObject({ status: 503, body: { code: 'queue-full' } });
  });
});
