import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { jobAnswer } from '@touchstone/contracts/http/jobs';
import { uuidV7 } from '@touchstone/postgres';
import { waitUntil } from '@touchstone/testing';
import type { GrpcMessage, GrpcTestClient } from '@touchstone/testing/grpc';
import { decodePaymentResponseHeader, encodePaymentSignatureHeader } from '@x402/core/http';
import { WATCH_POLL_MS } from '../src/domain/watches.js';
import { GatewayFixture, type Gateway } from './support/gateway-fixture.js';
import {
  challengeOf,
  connect,
  digitsMessage,
  INFERENCE_SERVICE,
  paidOverGrpc,
} from './support/grpc-requests.js';
import { digitsBody, PaidRequests } from './support/paid-requests.js';
import { PayingClient } from './support/paying-client.js';

const submit = { request: digitsMessage };

let fixture: GatewayFixture;
let gateway: Gateway;
let client: GrpcTestClient;

beforeAll(async () => {
  fixture = await GatewayFixture.create();
  gateway = await fixture.start({
    TOUCHSTONE_PAYMENT_MODE: 'x402',
    TOUCHSTONE_JOB_CONCURRENCY: '1',
    TOUCHSTONE_WEBHOOK_SECRET: 'x'.repeat(32),
  });
  client = connect(gateway);
}, 60_000);

afterEach(() => {
  fixture.payments.nextSettle = 'settled';
});

afterAll(async () => {
  client.close();
  await fixture.close();
});

const paid = () => paidOverGrpc(fixture, client, { method: 'SubmitInference', message: submit });
const jobOf = (message: GrpcMessage | undefined) => message?.['job'] as GrpcMessage;
const show = async (jobId: unknown) => jobOf(await client.call('GetJob', { jobId }));
async function ended(jobId: unknown): Promise<GrpcMessage> {
  await waitUntil(async () => 'endedAt' in (await show(jobId)), 20_000, 'the end of the job');
  return show(jobId);
}

describe('a request over gRPC that is answered later (R-INFER-5)', () => {
  it('asks for its payment as the call itself does', async () => {
    const refused = await client.refusal('SubmitInference', submit);
    expect(refused).toMatchObject({
      status: status.FAILED_PRECONDITION,
      info: { reason: 'payment-required' },
    });
    expect(challengeOf(refused)).toMatchObject({
      resource: { url: `http://127.0.0.1:8080/${INFERENCE_SERVICE}/SubmitInference` },
      accepts: [{ amount: '10000' }],
    });
  });

  it('is a job whose answer is that of the call, charged once, however often it comes and whoever shows it', async () => {
    const { metadata, moved, payer } = await paid();
    const { jobId, links, ...first } = await client.call('SubmitInference', submit, { metadata });
    expect(first).toEqual({ status: 'queued' });
    expect(links).toEqual({ job: `http://127.0.0.1:8080/v1/jobs/${String(jobId)}` });
    expect(await client.call('SubmitInference', submit, { metadata })).toMatchObject({ jobId });
    const job = await ended(jobId);
    expect(job).toMatchObject({
      ...{ status: 'succeeded', modelId: 'digits', problem: null, callback: null },
      answer: { model: { id: 'digits' }, payment: { payer: payer.payer, amount: '10000' } },
    });
    const overHttp = jobAnswer.parse(await gateway.json(`/v1/jobs/${String(jobId)}`));
    expect(overHttp.answer?.verificationId).toBe((job['answer'] as GrpcMessage)['verificationId']);
    expect(JSON.parse(String(job['settlementJson']))).toEqual(overHttp.settlement);
    const { trailers } = await client.ask('GetJob', { jobId });
    expect(decodePaymentResponseHeader(String(trailers.get('payment-response')[0]))).toEqual(
      overHttp.settlement,
    );
    expect(await client.call('SubmitInference', submit, { metadata })).toMatchObject({
      ...{ jobId, status: 'succeeded' },
    });
    expect(moved()).toEqual({ runs: 1, transfers: 1 });
  });

  it('is another request than the call itself, and a transfer does not pay for it', async () => {
    const { metadata } = await paid();
    const { jobId } = await client.call('SubmitInference', submit, { metadata });
    await ended(jobId);
    expect(await client.refusal('Infer', digitsMessage, { metadata })).toMatchObject({
      info: { reason: 'payment-bound-to-other-request' },
    });
    const refused = await client.refusal('SubmitInference', submit, {
      metadata: { 'touchstone-transfer-claim': 'e30=' },
    });
    expect(refused.info?.reason).toBe('payment-malformed');
  });

  it.each<[string, object, string, string]>([
    ['no request', {}, 'validation-failed', '/request'],
    ['elements that do not fit', { request: { ...digitsMessage, inputs: [] } }, 'validation-failed', ''],
    [
      'another shape',
      { request: { ...digitsMessage, inputs: [{ ...digitsMessage.inputs[0], shape: [64] }] } },
      'tensor-invalid',
      '/inputs/0/shape',
    ],
    ['an unknown model', { request: { ...digitsMessage, modelId: 'nobody' } }, 'unknown-model', ''],
    [
      'a callback that is no address',
      { ...submit, callbackUrl: 'shop' },
      'validation-failed',
      '/callback/url',
    ],
    [
      'a callback in the clear',
      { ...submit, callbackUrl: 'http://127.0.0.1/hook' },
      'validation-failed',
      '/callback/url',
    ],
  ])('is refused at once for %s', async (_what, message, reason, pointer) => {
    const refused = await client.refusal('SubmitInference', message);
    expect(refused.info?.reason).toBe(reason);
    if (pointer !== '') expect(refused.findings?.[0]?.pointer).toBe(pointer);
  });

  it('is told why it failed, and nothing is charged', async () => {
    const { metadata, moved } = await paid();
    fixture.payments.nextSettle = 'failed';
    const { jobId } = await client.call('SubmitInference', submit, { metadata });
    expect(await ended(jobId)).toMatchObject({
      ...{ status: 'failed', answer: null },
      problem: { code: 'payment-invalid', status: 402, retryable: false },
    });
    expect(moved()).toEqual({ runs: 1, transfers: 0 });
  });
});

describe('jobs over gRPC', () => {
  it('are watched from their place in the queue to their end, and cancelled while they wait', async () => {
    const callbackUrl = 'https://shop.invalid/hook';
    const called = { ...submit, callbackUrl };
    let watchedToTheEnd: ReturnType<typeof client.stream> | undefined;
    // Jobs are begun then and do not end.
    await fixture.signer.whileHeld('sign-outputs', async () => {
      const { metadata: ofFirst } = await paid();
      const first = await client.call('SubmitInference', submit, { metadata: ofFirst });
      await waitUntil(async () => (await show(first['jobId']))['status'] === 'running');
      const payer = new PayingClient();
      const payment = await payer.pay(challengeOf(await client.refusal('SubmitInference', called)));
      const metadata = { 'payment-signature': encodePaymentSignatureHeader(payment) };
      const { jobId, webhookSecret } = await client.call('SubmitInference', called, { metadata });
      expect(webhookSecret).toMatch(/^whsec_/);
      expect(await show(jobId)).toMatchObject({
        ...{ status: 'queued', position: 1 },
        callback: { status: 'waiting', attempts: 0 },
      });
      const watched = client.stream('WatchJob', { jobId });
      const cut = await client.stream('WatchJob', { jobId }, { deadlineMs: 700 });
      expect(cut).toMatchObject({
        messages: [{ job: { jobId, status: 'queued' } }],
        refusal: { status: status.DEADLINE_EXCEEDED },
      });
      expect(jobOf(await client.call('CancelJob', { jobId }))).toMatchObject({ status: 'cancelled' });
      expect(jobOf(await client.call('CancelJob', { jobId }))).toMatchObject({ status: 'cancelled' });
      const { messages, refusal } = await watched;
      expect(refusal).toBeUndefined();
      expect(messages.map((message) => jobOf(message)['status'])).toEqual(['queued', 'cancelled']);
      expect(await client.refusal('CancelJob', { jobId: first['jobId'] })).toMatchObject({
        status: status.FAILED_PRECONDITION,
        info: { reason: 'conflict' },
        message: 'The job cannot be cancelled: it is running.',
      });
      watchedToTheEnd = client.stream('WatchJob', { jobId: first['jobId'] });
      await new Promise((resolve) => setTimeout(resolve, 2 * WATCH_POLL_MS));
    });
    expect((await watchedToTheEnd)?.messages.map((message) => jobOf(message)['status'])).toEqual([
      'running',
      'succeeded',
    ]);
  }, 60_000);

  it('of HTTP are shown here too', async () => {
    const requests = new PaidRequests(fixture, gateway);
    const body = { ...digitsBody, async: true };
    const { header } = await requests.paid(body);
    const { jobId } = (await (await requests.ask(header, body)).json()) as { jobId: string };
    expect(await ended(jobId)).toMatchObject({ status: 'succeeded', answer: { model: { id: 'digits' } } });
  });

  it.each(['GetJob', 'CancelJob', 'WatchJob'])(
    'that are not there, or no id, are refused (%s)',
    async (method) => {
      const refusalOf = async (jobId: string) =>
        method === 'WatchJob'
          ? (await client.stream(method, { jobId })).refusal
          : client.refusal(method, { jobId });
      expect(await refusalOf(uuidV7())).toMatchObject({
        status: status.NOT_FOUND,
        info: { reason: 'not-found' },
      });
      expect(await refusalOf('x')).toMatchObject({
        status: status.INVALID_ARGUMENT,
        info: { reason: 'validation-failed' },
      });
    },
  );
});
