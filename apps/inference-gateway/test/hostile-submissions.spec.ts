import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SIGNED_DEADLINE_SECONDS_MAX } from '@touchstone/contracts/http/market';
import { linearClassifier, waitUntil } from '@touchstone/testing';
import { SIGNATURE_BUNDLE_BYTES_MAX, TEST_CASES_BYTES_MAX } from '../src/domain/market/submission.js';
import { MANIFEST_BYTES_MAX } from '../src/domain/model/manifest.js';
import { PART_HEAD_BYTES_MAX } from '../src/transport/http/receive-form.js';
import {
  SIGNATURE_PART_BYTES_MAX,
  SUBMISSION_BESIDES_BYTES_MAX,
} from '../src/transport/http/receive-submission.js';
import { SUBMISSION_UPLOADS_MAX } from '../src/transport/http/upload-limit.interceptor.js';
import { GatewayFixture, type Gateway } from './support/gateway-fixture.js';
import { LOWERED_MODEL_BYTES } from './support/operator-requests.js';
import {
  addressOf,
  developer,
  goodCases,
  market,
  send,
  signedParts,
  submit,
  validated,
  type MarketReply,
  type Sent,
} from './support/market-scene.js';

const FORM_BYTES = LOWERED_MODEL_BYTES + SUBMISSION_BESIDES_BYTES_MAX;

let folder: string;
let fixture: GatewayFixture;
let gateway: Gateway;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'touchstone-uploads-'));
  fixture = await GatewayFixture.create();
  gateway = await fixture.start({
    ...market,
    TOUCHSTONE_UPLOADS_DIR: folder,
    TOUCHSTONE_MODEL_MAX_BYTES: String(LOWERED_MODEL_BYTES),
  });
}, 60_000);

afterAll(async () => {
  await fixture?.close();
  rmSync(folder, { recursive: true, force: true });
});

type Change = NonNullable<Sent['change']>;
const named = { name: 'hostile' };
const changed = (change: Change): Promise<MarketReply> =>
  submit(gateway, { account: developer(), manifest: named, change });
const edited =
  (part: string, edit: (value: Record<string, unknown>) => unknown): Change =>
  (parts) => {
    const value = JSON.parse(parts.get(part) as string) as Record<string, unknown>;
    parts.set(part, JSON.stringify(edit(value)));
  };
const stored = () => fixture.column<number>('SELECT count(*)::int FROM gateway.submissions');

describe('a submission that is not what its developer signed', () => {
  const other = linearClassifier([[1], [1]], [0]);
  const cases: [string, Change, string][] = [
    [
      'of another signer',
      edited('signature', (it) => ({ ...it, developer: addressOf(developer()) })),
      'not of 0x',
    ],
    ['with another file', (parts) => void parts.set('model', other), 'the file has the SHA-256'],
    ['with another manifest', edited('manifest', (it) => ({ ...it, priceAtomic: '1' })), 'not of 0x'],
    ['with other test cases', edited('test-cases', () => goodCases.slice().reverse()), 'not of 0x'],
    [
      'with a later deadline',
      edited('signature', (it) => ({ ...it, deadline: Number(it['deadline']) + 1 })),
      'not of 0x',
    ],
    [
      'with no signature',
      edited('signature', (it) => ({ ...it, signature: `0x${'00'.repeat(65)}` })),
      'no key of an account',
    ],
  ];

  it.each(cases)('%s is refused', async (_name, change, detail) => {
    const before = await stored();
    expect(await changed(change)).toMatchObject({
      status: 422,
      body: { code: 'signature-invalid', detail: expect.stringContaining(detail) },
    });
    expect(await stored()).toEqual(before);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('for another chain is refused', async () => {
    const sent = await submit(gateway, { account: developer(), manifest: named, chainId: 1 });
    expect(sent).toMatchObject({ status: 422, body: { code: 'signature-invalid' } });
  });

  it('is refused when its deadline is over or more than SIGNED_DEADLINE_SECONDS_MAX ahead', async () => {
    const now = Math.floor(Date.now() / 1_000);
    const until = (deadline: number, name: string) =>
      submit(gateway, { account: developer(), manifest: { name }, deadline });
    expect(await until(now - 1, 'late')).toMatchObject({ status: 422, body: { code: 'signature-invalid' } });
    // A minute for the test itself.
    expect(await until(now + SIGNED_DEADLINE_SECONDS_MAX + 60, 'early')).toMatchObject({ status: 422 });
    expect(await until(now + SIGNED_DEADLINE_SECONDS_MAX, 'day-ahead')).toMatchObject({ status: 201 });
  });

  it('is the earlier one when it is replayed, whatever the time', async () => {
    const account = developer();
    const deadline = Math.floor(Date.now() / 1_000) + 2;
    const parts = await signedParts({ account, manifest: { name: 'replayed' }, deadline });
    const one = await send(gateway, parts);
    expect(one.status).toBe(201);
    await waitUntil(() => Date.now() / 1_000 > deadline + 1, 5_000);
    expect(await send(gateway, parts)).toMatchObject({ status: 200, body: { id: one.body.id } });
  });
});

describe('a form that does not fit', () => {
  const padded =
    (part: string, bytes: number): Change =>
    (parts) =>
      void parts.set(part, (parts.get(part) as string).padEnd(bytes));
  const refusals: [string, Change, number, string][] = [
    ['without test cases', (parts) => void parts.delete('test-cases'), 422, 'validation-failed'],
    ['without a model', (parts) => void parts.delete('model'), 422, 'validation-failed'],
    ['with an empty model', (parts) => void parts.set('model', ''), 422, 'validation-failed'],
    ['with a part after the model', (parts) => void parts.set('more', 'x'), 422, 'validation-failed'],
    [
      'with a bundle and no key',
      (parts) => {
        const model = parts.get('model') as Uint8Array;
        parts.delete('model');
        parts.set('signature-bundle', '{}');
        parts.set('model', model);
      },
      422,
      'validation-failed',
    ],
    [
      'with a manifest that is no JSON',
      (parts) => void parts.set('manifest', '{"name":"a","name":"b"}'),
      400,
      'malformed-json',
    ],
    [
      'with a manifest of MANIFEST_BYTES_MAX + 1',
      padded('manifest', MANIFEST_BYTES_MAX + 1),
      413,
      'body-too-large',
    ],
    [
      'with test cases of TEST_CASES_BYTES_MAX + 1',
      padded('test-cases', TEST_CASES_BYTES_MAX + 1),
      413,
      'body-too-large',
    ],
    [
      'with a signature part of SIGNATURE_PART_BYTES_MAX + 1',
      padded('signature', SIGNATURE_PART_BYTES_MAX + 1),
      413,
      'body-too-large',
    ],
  ];

  it.each(refusals)('%s is refused', async (_name, change, status, code) => {
    expect(await changed(change)).toMatchObject({ status, body: { code } });
  });

  it('is read up to the limits of its parts', async () => {
    const fits = await changed((parts) => {
      padded('manifest', MANIFEST_BYTES_MAX)(parts);
      padded('signature', SIGNATURE_PART_BYTES_MAX)(parts);
    });
    expect(fits).toMatchObject({ status: 201 });
    // Padding changes what was signed of test cases: they were read, and the signature is what does not fit.
    expect(await changed(padded('test-cases', TEST_CASES_BYTES_MAX))).toMatchObject({
      body: { code: 'signature-invalid' },
    });
    const bundled = (bytes: number) =>
      submit(gateway, { account: developer(), manifest: named, bundle: '{}'.padEnd(bytes) });
    expect(await bundled(SIGNATURE_BUNDLE_BYTES_MAX)).toMatchObject({ body: { code: 'validation-failed' } });
    expect(await bundled(SIGNATURE_BUNDLE_BYTES_MAX + 1)).toMatchObject({ body: { code: 'body-too-large' } });
  });

  it('has a file of at most as many bytes as the operator set', async () => {
    const sized = (bytes: number) =>
      submit(gateway, {
        account: developer(),
        manifest: { name: `s-${bytes}` },
        model: new Uint8Array(bytes),
      });
    expect(await sized(LOWERED_MODEL_BYTES + 1)).toMatchObject({
      status: 413,
      body: { code: 'body-too-large' },
    });
    expect(readdirSync(folder)).toEqual([]);
    const largest = await sized(LOWERED_MODEL_BYTES);
    expect(largest).toMatchObject({ status: 201, body: { sizeBytes: LOWERED_MODEL_BYTES } });
    expect(await validated(gateway, largest.body.id)).toMatchObject({ state: 'refused' });
  }, 60_000);

  /** Sends bytes as they are; the answer may come before all were sent. */
  const post = (headers: Record<string, string>, body: string, end = true) =>
    new Promise<{ status: number; code: string; detail: string }>((resolve, reject) => {
      const sending = httpRequest(`${gateway.url}/v1/submissions`, { method: 'POST', headers });
      sending.on('error', reject).on('response', (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => {
          const { code, detail } = JSON.parse(text) as { code: string; detail: string };
          resolve({ status: response.statusCode ?? 0, code, detail });
          sending.destroy();
        });
      });
      if (end) sending.end(body);
      else sending.write(body);
    });
  const type = 'multipart/form-data; boundary=form';
  const part = (head: string) => `--form\r\nContent-Disposition: form-data; name="manifest"${head}\r\n\r\n{}`;

  it('is refused when it is no form, ends early, or is declared longer than its parts may be', async () => {
    expect(await post({ 'content-type': 'application/json' }, '{}')).toMatchObject({ status: 415 });
    expect(await post({ 'content-type': 'multipart/form-data; x=y' }, 'x')).toMatchObject({ status: 422 });
    expect(await post({ 'content-type': type }, 'no form')).toMatchObject({ status: 422 });
    expect(await post({ 'content-type': type }, part(''))).toMatchObject({ status: 422 });
    const length = (bytes: number) => ({ 'content-type': type, 'content-length': String(bytes) });
    expect(await post(length(FORM_BYTES + 1), part(''), false)).toMatchObject({ status: 413 });
    const twice = `${part('')}\r\n${part('')}\r\n`;
    expect(await post(length(FORM_BYTES), twice, false)).toMatchObject({
      status: 422,
      code: 'validation-failed',
    });
    const parts = Array.from({ length: 7 }, (_, n) => part('').replace('manifest', `part-${n}`)).join('\r\n');
    expect(await post({ 'content-type': type }, `${parts}\r\n--form--\r\n`)).toMatchObject({ status: 422 });
  });

  it('has heads of parts of at most PART_HEAD_BYTES_MAX; what is beyond is not read', async () => {
    const [before, after] = ['Content-Disposition: form-data; x=', '; name=manifest'];
    const detail = async (bytes: number) => {
      const head = `${before}${'y'.repeat(bytes - before.length - after.length)}${after}`;
      const answer = await post({ 'content-type': type }, `--form\r\n${head}\r\n\r\n{}\r\n--form--\r\n`);
      return answer.detail;
    };
    expect(await detail(PART_HEAD_BYTES_MAX)).toContain('there is no part model');
    expect(await detail(PART_HEAD_BYTES_MAX + 1)).toContain('got "manifes"');
  });

  it('waits for nobody when SUBMISSION_UPLOADS_MAX are received already', async () => {
    const begun = Array.from({ length: SUBMISSION_UPLOADS_MAX - 1 }, () => {
      const sending = httpRequest(`${gateway.url}/v1/submissions`, {
        method: 'POST',
        headers: { 'content-type': type, 'content-length': '1000' },
      });
      sending.on('error', () => undefined).write('--form\r\n');
      return sending;
    });
    await waitUntil(async () => {
      // One place is left, which a probe takes; it takes none where all are taken.
      const { code } = await post({ 'content-type': type }, 'no form');
      return code === 'validation-failed';
    });
    const last = httpRequest(`${gateway.url}/v1/submissions`, {
      method: 'POST',
      headers: { 'content-type': type, 'content-length': '1000' },
    });
    last.on('error', () => undefined).write('--form\r\n');
    await waitUntil(async () => (await post({ 'content-type': type }, 'no form')).code === 'queue-full');
    for (const sending of [...begun, last]) sending.destroy();
    await waitUntil(async () => (await post({ 'content-type': type }, 'no form')).code !== 'queue-full');
  });
});

describe('a developer', () => {
  it('asks for at most the share that the operator allows', async () => {
    const share = (revenueShareBps: number) =>
      submit(gateway, {
        account: developer(),
        manifest: { name: `share-${revenueShareBps}`, revenueShareBps },
      });
    expect(await share(7_001)).toMatchObject({ status: 422, body: { code: 'validation-failed' } });
    expect(await share(7_000)).toMatchObject({ status: 201 });
  });

  it('submits nothing where no terms are set', async () => {
    const closed = await fixture.start();
    expect(await submit(closed, { account: developer(), manifest: named })).toMatchObject({ status: 404 });
    expect((await fetch(`${closed.url}/v1/submissions/terms`)).status).toBe(404);
    await closed.stop();
  });
});
