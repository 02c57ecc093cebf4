import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { problemOf } from '@touchstone/testing/service';
import { AppError } from '@touchstone/contracts';
import { EventPublisher } from '@touchstone/nats';
import { uuidV7 } from '@touchstone/postgres';
import { waitUntil } from '@touchstone/testing';
import { SETTLE_ASK_AFTER_MS } from '../src/domain/payment/stored-answer.js';
import { LEASE_RENEWAL_INTERVAL_MS } from '../src/domain/payment/keep-lease.js';
import { PAYMENT_REASON_CHARACTERS_MAX } from '../src/domain/payment/paid-requests.js';
import { GatewayFixture, infer, type Gateway } from './support/gateway-fixture.js';
import { codeOf, digitsBody, PaidRequests } from './support/paid-requests.js';

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
  fixture.payments.poorPayer = undefined;
  fixture.signer.recover();
});

describe('when something fails after the payment was reserved', () => {
  it('a failing signer gives the reservation back, and the same payment works later', async () => {
    const { header, moved } = await requests.paid();
    fixture.signer.fail('broken', 'sign-outputs');
    const failed = await requests.ask(header);
    expect(failed.status).toBeGreaterThanOrEqual(500);
    expect(fixture.payments.released.length).toBeGreaterThan(0);
    expect(moved()).toEqual({ runs: 0, transfers: 0 });
    fixture.signer.recover();
    expect((await requests.ask(header)).status).toBe(200);
    expect(moved()).toEqual({ runs: 1, transfers: 1 });
  });

  it('a node that is blocked answers 503, nothing is charged, and the same payment works after it is free again', async () => {
    const { header, moved } = await requests.paid();
    const settlements = fixture.payments.asked.length;
    fixture.signer.fail(new AppError('node-blocked', 'The node is blocked.'), 'sign-outputs');
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      const refused = await requests.ask(header);
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '30']);
      expect(await codeOf(refused)).toBe('node-blocked');
      expect(fixture.payments.released.at(-1)).toBe('node-blocked');
    }
    expect(fixture.payments.asked).toHaveLength(settlements);
    expect(moved()).toEqual({ runs: 0, transfers: 0 });
    fixture.signer.recover();
    expect((await requests.ask(header)).status).toBe(200);
    expect(moved()).toEqual({ runs: 1, transfers: 1 });
  });

  it('a settlement that fails gives no answer out and writes no event', async () => {
    const { client, header, moved } = await requests.paid();
    fixture.payments.nextSettle = 'failed';
    const before = (await fixture.events('evt.v1.inference.output.recorded')).length;
    const response = await requests.ask(header);
    expect([response.status, client.challengeOf(response).error]).toEqual([402, 'insufficient_funds']);
    expect(JSON.stringify(await response.json())).not.toContain('outputs');
    expect(await fixture.events('evt.v1.inference.output.recorded')).toHaveLength(before);
    const [id] = await fixture.column<string>(
      `SELECT id FROM gateway.verifications WHERE state = 'payment-failed' ORDER BY created_at DESC LIMIT 1`,
    );
    const shown = await (await fetch(`${gateway.url}/v1/verifications/${id}`)).json();
    expect(shown).toMatchObject({
      status: 'payment-failed',
      proof: null,
      context: null,
      hashes: null,
      failure: 'insufficient_funds',
    });
    expect(moved()).toEqual({ runs: 1, transfers: 0 });
    // It stays failed, and is told so again.
    fixture.payments.nextSettle = 'settled';
    const again = await requests.ask(header);
    expect([again.status, client.challengeOf(again).error]).toEqual([402, 'insufficient_funds']);
    expect(moved()).toEqual({ runs: 1, transfers: 0 });
  });

  it('a settlement that is tried again later gives the stored answer then', async () => {
    const { header, moved } = await requests.paid();
    Object.assign(fixture.payments, { nextSettle: 'failed', charged: 'unknown' });
    const response = await requests.ask(header);
    const refusal = await problemOf(response);
    expect([response.status, refusal.code]).toEqual([202, 'settlement-pending']);
    expect(refusal.detail).toMatch(/is not settled \(insufficient_funds\)\. It is tried again until 20\d\d-/);
    Object.assign(fixture.payments, { nextSettle: 'settled', charged: 'no' });
    expect((await requests.ask(header)).status).toBe(200);
    expect(moved()).toEqual({ runs: 1, transfers: 1 });
  });

  it('the reason of a settlement that failed is kept up to its limit', async () => {
    fixture.payments.nextSettle = 'failed';
    const longest = 'x'.repeat(PAYMENT_REASON_CHARACTERS_MAX);
    for (const reason of [longest, `${longest}y`]) {
      fixture.payments.failureReason = reason;
      const { header } = await requests.paid();
      expect((await requests.ask(header)).status).toBe(402);
      const [failure] = await fixture.column<string>(
        `SELECT failure FROM gateway.verifications WHERE state = 'payment-failed' ORDER BY created_at DESC LIMIT 1`,
      );
      expect(failure).toBe(longest);
    }
    fixture.payments.failureReason = 'insufficient_funds';
  });

  it('a settlement that is pending is 202 until the event says that it is settled', async () => {
    const { header, moved } = await requests.paid();
    fixture.payments.nextSettle = 'pending';
    const response = await requests.ask(header);
    expect([response.status, await codeOf(response.clone())]).toEqual([202, 'settlement-pending']);
    expect(response.headers.get('retry-after')).toBe('2');
    const id = response.headers.get('location')?.split('/').at(-1) ?? '';
    const shown = async () =>
      (await fetch(`${gateway.url}/v1/verifications/${id}`)).json() as Promise<object>;
    expect(await shown()).toMatchObject({ status: 'executed', proof: null, hashes: null });
    const reservation = fixture.payments.all().at(-1);
    if (!reservation) throw new Error('nothing was reserved');
    const publisher = new EventPublisher({ nc: await fixture.connect('payment-verifier') });
    const settled = {
      reservationId: reservation.id,
      requestDigest: reservation.digest,
      payment: reservation.payment,
      transaction: `0x${'cd'.repeat(32)}`,
      settledAt: new Date().toISOString(),
    };
    await publisher.publish('evt.v1.payment.transfer.settled', settled, { msgId: uuidV7() });
    await publisher.publish('evt.v1.payment.transfer.settled', settled, { msgId: uuidV7() });
    await waitUntil(async () => ((await shown()) as { status: string }).status === 'settled', 10_000);
    const events = await fixture.events<{ verificationId: string }>('evt.v1.inference.output.recorded');
    expect(events.filter(({ verificationId }) => verificationId === id)).toHaveLength(1);
    expect(moved()).toEqual({ runs: 1, transfers: 0 });
  });

  it('an event that the transfer failed marks the verification, and one for nothing known is passed over', async () => {
    const { header } = await requests.paid();
    fixture.payments.nextSettle = 'pending';
    const id = (await requests.ask(header)).headers.get('location')?.split('/').at(-1) ?? '';
    const reservation = fixture.payments.all().at(-1);
    if (!reservation) throw new Error('nothing was reserved');
    const publisher = new EventPublisher({ nc: await fixture.connect('payment-verifier') });
    const failed = {
      requestDigest: reservation.digest,
      payment: reservation.payment,
      reason: 'expired',
      failedAt: new Date().toISOString(),
    };
    await publisher.publish(
      'evt.v1.payment.transfer.failed',
      { ...failed, reservationId: uuidV7() },
      { msgId: uuidV7() },
    );
    await publisher.publish(
      'evt.v1.payment.transfer.failed',
      { ...failed, reservationId: reservation.id },
      { msgId: uuidV7() },
    );
    await waitUntil(async () => {
      const shown = (await (await fetch(`${gateway.url}/v1/verifications/${id}`)).json()) as {
        failure: string;
      };
      return shown.failure === 'expired';
    }, 10_000);
  });
});

describe('the lease of a payment', () => {
  it('is renewed while the answer is made, and not any more afterwards', async () => {
    const { header } = await requests.paid();
    const { renewed } = fixture.payments;
    const resume = fixture.signer.hold('sign-outputs');
    const asked = requests.ask(header);
    const before = renewed.length;
    await waitUntil(() => renewed.length > before, 4_000);
    const { id } = fixture.payments.all().at(-1)!;
    expect(renewed.slice(before)).toEqual([id]);
    resume();
    expect((await asked).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, LEASE_RENEWAL_INTERVAL_MS + 500));
    expect(renewed).toHaveLength(before + 1);
  });

  it('lets a holder that was paused beyond it neither charge nor answer anew', async () => {
    const { header, moved } = await requests.paid();
    const resume = fixture.signer.hold('sign-outputs');
    const asked = fixture.signer.asked('sign-outputs');
    const paused = requests.ask(header);
    await waitUntil(() => fixture.signer.asked('sign-outputs') > asked);
    fixture.signer.recover();
    fixture.payments.expireLeases();
    const other = await fixture.start({ TOUCHSTONE_PAYMENT_MODE: 'x402' });
    const retried = await infer(other, 'digits', digitsBody, header);
    expect(retried.status).toBe(200);
    resume();
    const late = await paused;
    expect(late.status).toBe(200);
    expect(await late.text()).toBe(await retried.text());
    expect(moved().transfers).toBe(1);
    const { id } = fixture.payments.all().at(-1)!;
    const stored = await fixture.column(
      `SELECT id FROM gateway.verifications WHERE reservation_id = '${id}'`,
    );
    expect(stored).toHaveLength(1);
    const events = await fixture.events<{ verificationId: string }>('evt.v1.inference.output.recorded');
    expect(events.filter(({ verificationId }) => verificationId === stored[0])).toHaveLength(1);
    await other.stop();
  });
});

describe('a crash', () => {
  it('between run and settlement: the same payment is settled later with the stored answer, the model runs once', async () => {
    const { header, moved } = await requests.paid();
    fixture.payments.nextSettle = 'unsent';
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const response = await requests.ask(header);
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2']);
      expect((await problemOf(response)).detail).toContain('nothing was sent so far');
      expect(moved()).toEqual({ runs: 1, transfers: 0 });
    }
    fixture.payments.nextSettle = 'settled';
    const restarted = await fixture.start({ TOUCHSTONE_PAYMENT_MODE: 'x402' });
    const response = await infer(restarted, 'digits', digitsBody, header);
    expect(response.status).toBe(200);
    expect(moved()).toEqual({ runs: 1, transfers: 1 });
    await restarted.stop();
  });

  it('between settlement and its record: the same payment gives the stored answer and the event is written once', async () => {
    const { header, moved } = await requests.paid();
    fixture.payments.nextSettle = 'settled-no-answer';
    const lost = await requests.ask(header);
    const { code, detail } = await problemOf(lost);
    expect([lost.status, code]).toEqual([503, 'dependency-unavailable']);
    expect(detail).not.toContain('nothing was sent');
    const [first, second] = [await requests.ask(header), await requests.ask(header)];
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(await first.text()).toBe(await second.clone().text());
    const { verificationId: id } = (await second.json()) as { verificationId: string };
    const events = await fixture.events<{ verificationId: string }>('evt.v1.inference.output.recorded');
    expect(events.filter(({ verificationId }) => verificationId === id)).toHaveLength(1);
    expect(moved()).toEqual({ runs: 1, transfers: 1 });
  });

  it('before the settlement is asked for: the answer is settled without its caller, who gets it when he comes', async () => {
    const { header, moved } = await requests.paid();
    fixture.payments.nextSettle = 'not-taken';
    expect((await requests.ask(header)).status).toBe(503);
    fixture.payments.nextSettle = 'settled';
    await waitUntil(() => moved().transfers === 1, SETTLE_ASK_AFTER_MS + 8_000, 'the settlement');
    const { id } = fixture.payments.all().at(-1)!;
    await waitUntil(
      async () =>
        (
          await fixture.column(`SELECT state FROM gateway.verifications WHERE reservation_id = '${id}'`)
        )[0] === 'settled',
    );
    const response = await requests.ask(header);
    expect([response.status, response.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
    expect(moved()).toEqual({ runs: 1, transfers: 1 });
  });

  it('after a restore without the stored answer: the payment is not taken a second time', async () => {
    const { header, moved } = await requests.paid();
    expect((await requests.ask(header)).status).toBe(200);
    await fixture.rows(
      `DELETE FROM gateway.stored_answers WHERE reservation_id =
         (SELECT reservation_id FROM gateway.verifications ORDER BY created_at DESC LIMIT 1)`,
    );
    const response = await requests.ask(header);
    expect([response.status, await codeOf(response)]).toEqual([409, 'conflict']);
    expect(moved()).toEqual({ runs: 1, transfers: 1 });
  });

  it('and a change of the address to pay to: the earlier payment still gives its answer, a new one must fit', async () => {
    const { header, moved } = await requests.paid();
    const first = await requests.ask(header);
    const unused = await requests.paid();
    const elsewhere = await fixture.start({
      TOUCHSTONE_PAYMENT_MODE: 'x402',
      TOUCHSTONE_PAY_TO: `0x${'55'.repeat(20)}`,
    });
    const again = await infer(elsewhere, 'digits', digitsBody, header);
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
    expect(await again.text()).toBe(await first.text());
    expect((await infer(elsewhere, 'digits', digitsBody, unused.header)).status).toBe(402);
    expect(moved()).toEqual({ runs: 1, transfers: 1 });
    await elsewhere.stop();
  });
});
