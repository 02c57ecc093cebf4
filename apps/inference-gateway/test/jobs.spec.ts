import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { inferAnswer } from '@touchstone/contracts/http/inference-gateway';
import { acceptedJob, jobAnswer, type AcceptedJob, type JobAnswer } from '@touchstone/contracts/http/jobs';
import { waitUntil } from '@touchstone/testing';
import { problemOf } from '@touchstone/testing/service';
import { decodePaymentResponseHeader } from '@x402/core/http';
import { GatewayFixture, infer, type Gateway } from './support/gateway-fixture.js';
import { codeOf, digitsBody, digitValues, PaidRequests } from './support/paid-requests.js';

const asyncBody = { ...digitsBody, async: true };

let fixture: GatewayFixture;
let gateway: Gateway;
let requests: PaidRequests;

beforeAll(async () => {
  fixture = await GatewayFixture.create();
  gateway = await fixture.start({ TOUCHSTONE_PAYMENT_MODE: 'x402' });
  requests = new PaidRequests(fixture, gateway);
}, 60_000);

afterAll(async () => fixture.close());

afterEach(() => {
  fixture.payments.nextSettle = 'settled';
  fixture.signer.recover();
});

const jobOf = async (response: Response): Promise<AcceptedJob> => {
  expect([response.status, await response.clone().text()]).toEqual([202, expect.any(String)]);
  return acceptedJob.parse(await response.json());
};

const read = (id: string, at = gateway): Promise<Response> => fetch(`${at.url}/v1/jobs/${id}`);
const show = async (id: string, at = gateway): Promise<JobAnswer> =>
  jobAnswer.parse(await (await read(id, at)).json());

async function ended(id: string, at = gateway): Promise<JobAnswer> {
  await waitUntil(async () => (await show(id, at)).endedAt !== null, 20_000, 'the end of the job');
  return show(id, at);
}

describe('a paid request with "async"', () => {
  it('is 402 without a payment, like the call itself', async () => {
    const response = await requests.ask({}, asyncBody);
    expect([response.status, await codeOf(response.clone())]).toEqual([402, 'payment-required']);
    expect(response.headers.get('payment-required')).not.toBeNull();
  });

  it('is a job whose answer is recorded and charged once, as that of the call itself (R-INFER-5)', async () => {
    const { header, moved } = await requests.paid(asyncBody);
    const response = await requests.ask(header, asyncBody);
    const { jobId, links } = await jobOf(response);
    expect(response.headers.get('location')).toBe(`/v1/jobs/${jobId}`);
    expect(links.job).toBe(`http://127.0.0.1:8080/v1/jobs/${jobId}`);
    const job = await ended(jobId);
    expect(job).toMatchObject({
      status: 'succeeded',
      model: { id: 'digits' },
      problem: null,
      progress: null,
    });
    const answer = inferAnswer.parse(job.answer);
    expect(fixture.signer.verifies(answer.proof)).toBe(true);
    expect(answer.payment).toMatchObject({ amount: '10000' });
    const shown = await read(jobId);
    expect(decodePaymentResponseHeader(shown.headers.get('payment-response') ?? '')).toEqual(job.settlement);
    expect(shown.headers.get('cache-control')).toBe('private, no-store');
    const [stored] = await fixture.column<Buffer>(
      'SELECT body FROM gateway.stored_answers WHERE reservation_id = (SELECT reservation_id FROM gateway.verifications WHERE id = $1)',
      [answer.verificationId],
    );
    expect(await shown.text()).toContain(`"answer":${stored?.toString()},"settlement"`);
    const events = await fixture.events<{ verificationId: string }>('evt.v1.inference.output.recorded');
    expect(events.filter(({ verificationId }) => verificationId === answer.verificationId)).toHaveLength(1);
    expect(moved()).toEqual({ runs: 1, transfers: 1 });
    const left = await fixture.rows('SELECT body, payment_header FROM gateway.jobs WHERE id = $1', [jobId]);
    expect(left).toEqual([{ body: null, payment_header: null }]);
  });

  it('is the same job when it comes again with the same payment, and another payment of its own is refused', async () => {
    const { header, moved } = await requests.paid(asyncBody);
    const responses = await Promise.all([requests.ask(header, asyncBody), requests.ask(header, asyncBody)]);
    const taken = responses.filter(({ status }) => status === 202);
    expect(taken.length).toBeGreaterThanOrEqual(1);
    const { jobId } = await jobOf(taken[0] as Response);
    expect((await jobOf(await requests.ask(header, asyncBody))).jobId).toBe(jobId);
    await ended(jobId);
    expect(await jobOf(await requests.ask(header, asyncBody))).toMatchObject({ jobId, status: 'succeeded' });
    // The body says async: the call itself is another request.
    expect(await codeOf(await requests.ask(header))).toBe('payment-bound-to-other-request');
    expect(moved()).toEqual({ runs: 1, transfers: 1 });
  });

  it('is told no more to who guessed too often what the payment was made for', async () => {
    const { header } = await requests.paid(asyncBody);
    const { jobId } = await jobOf(await requests.ask(header, asyncBody));
    await ended(jobId);
    for (let guess = 0; guess < 5; guess += 1) {
      const inputs = [{ ...digitsBody.inputs[0], data: digitValues.map(() => guess) }];
      expect((await requests.ask(header, { ...asyncBody, inputs })).status).toBe(409);
    }
    expect(await codeOf(await requests.ask(header, asyncBody))).toBe('rate-limited');
  });

  it('that cannot be answered is refused at once, and its payment stays good', async () => {
    const { header, moved } = await requests.paid(asyncBody);
    const wrong = { ...asyncBody, inputs: [{ ...digitsBody.inputs[0], shape: [1, 63] }] };
    expect(await codeOf(await requests.ask(header, wrong))).toBe('tensor-invalid');
    await ended((await jobOf(await requests.ask(header, asyncBody))).jobId);
    expect(moved()).toEqual({ runs: 1, transfers: 1 });
  });

  it('is tried again while the signer is away, and while its settlement is pending', async () => {
    const { header, moved } = await requests.paid(asyncBody);
    fixture.signer.fail('broken', 'sign-outputs');
    fixture.payments.nextSettle = 'pending';
    const { jobId } = await jobOf(await requests.ask(header, asyncBody));
    const attempts = async () =>
      (await fixture.column<number>('SELECT attempts FROM gateway.jobs WHERE id = $1', [jobId]))[0] ?? 0;
    await waitUntil(async () => (await attempts()) > 0, 10_000);
    fixture.signer.recover();
    const asked = fixture.payments.asked.length;
    await waitUntil(() => fixture.payments.asked.length > asked + 1, 20_000, 'two questions');
    expect((await show(jobId)).status).toBe('running');
    fixture.payments.nextSettle = 'settled';
    expect((await ended(jobId)).status).toBe('succeeded');
    expect(moved()).toEqual({ runs: 1, transfers: 1 });
  }, 60_000);

  it('has failed with the problem of the call when its payment fails, and nothing is charged', async () => {
    const { header, moved } = await requests.paid(asyncBody);
    fixture.payments.nextSettle = 'failed';
    const { jobId } = await jobOf(await requests.ask(header, asyncBody));
    const job = await ended(jobId);
    expect(job).toMatchObject({
      status: 'failed',
      answer: null,
      settlement: null,
      problem: { code: 'payment-invalid', status: 402 },
    });
    expect(job.problem?.detail).toContain('nothing was charged');
    expect(moved()).toEqual({ runs: 1, transfers: 0 });
  });
});

describe('a job', () => {
  it('shows its place in the queue, and is cancelled while it is queued, with its payment given back', async () => {
    const narrow = await fixture.start({
      TOUCHSTONE_PAYMENT_MODE: 'x402',
      TOUCHSTONE_JOB_CONCURRENCY: '1',
    });
    await gateway.stop();
    const there = new PaidRequests(fixture, narrow);
    // Jobs are begun then and do not end.
    await fixture.signer.whileHeld('sign-outputs', async () => {
      const first = await there.paid(asyncBody);
      const running = await jobOf(await there.ask(first.header, asyncBody));
      await waitUntil(async () => (await show(running.jobId, narrow)).status === 'running');
      const jobs: AcceptedJob[] = [];
      for (let count = 0; count < 2; count += 1) {
        const { header } = await there.paid(asyncBody);
        jobs.push(await jobOf(await there.ask(header, asyncBody)));
      }
      const [second, third] = jobs.map(({ jobId }) => jobId) as [string, string];
      expect((await show(third, narrow)).progress).toEqual({ position: 2 });
      const cancel = (id: string) => fetch(`${narrow.url}/v1/jobs/${id}`, { method: 'DELETE' });
      const cancelled = await cancel(second);
      expect(cancelled.status).toBe(200);
      expect(jobAnswer.parse(await cancelled.json())).toMatchObject({ status: 'cancelled', progress: null });
      expect((await cancel(second)).status).toBe(200);
      expect((await show(third, narrow)).progress).toEqual({ position: 1 });
      const refused = await cancel(running.jobId);
      expect([refused.status, (await problemOf(refused)).detail]).toEqual([
        409,
        'The job cannot be cancelled: it is running.',
      ]);
      expect(fixture.payments.all().at(-2)?.state).toBe('released');
    });
    await narrow.stop();
    gateway = await fixture.start({ TOUCHSTONE_PAYMENT_MODE: 'x402' });
    requests = new PaidRequests(fixture, gateway);
  }, 60_000);

  it('is 404 when there is none, and refused as an id that cannot be one', async () => {
    expect((await read('019ab000-0000-7000-8000-000000000000')).status).toBe(404);
    expect((await read('1')).status).toBe(400);
  });

  it('refuses a callback where no webhooks are sent, and one without "async"', async () => {
    const callback = { url: 'https://shop.example/hook' };
    const refused = await requests.ask({}, { ...asyncBody, callback });
    expect([refused.status, (await problemOf(refused)).detail]).toEqual([
      422,
      'No webhooks are sent here; leave the callback out and ask for the job.',
    ]);
    expect(await codeOf(await requests.ask({}, { ...digitsBody, callback }))).toBe('validation-failed');
  });

  it('of a free model is answered as well', async () => {
    const free = await fixture.start();
    const { jobId } = await jobOf(await infer(free, 'digits', asyncBody));
    const job = await ended(jobId, free);
    expect(inferAnswer.parse(job.answer).payment).toBeNull();
    expect(job.settlement).toBeNull();
    await free.stop();
  });
});
