import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { problemOf } from '@touchstone/testing/service';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayFixture, infer, type Gateway } from './support/gateway-fixture.js';
import { codeOf, digitsBody, digitValues, PaidRequests } from './support/paid-requests.js';
import { modelsFolder } from './support/sample-models.js';

let fixture: GatewayFixture;
let gateway: Gateway;
let requests: PaidRequests;
const folders: string[] = [];

beforeAll(async () => {
  fixture = await GatewayFixture.create();
  gateway = await fixture.start({ TOUCHSTONE_PAYMENT_MODE: 'x402' });
  requests = new PaidRequests(fixture, gateway);
}, 60_000);

afterAll(async () => {
  await fixture.close();
  for (const folder of folders) rmSync(folder, { recursive: true });
});

afterEach(() => {
  Object.assign(fixture.payments, { nextSettle: 'settled', charged: 'no', poorPayer: undefined });
  fixture.signer.recover();
});

/** A gateway whose folder of models was changed. */
async function gatewayWith(change: (folder: string) => void): Promise<Gateway> {
  const folder = mkdtempSync(join(tmpdir(), 'models-'));
  folders.push(folder);
  cpSync(modelsFolder, folder, { recursive: true });
  change(folder);
  return fixture.start({ TOUCHSTONE_PAYMENT_MODE: 'x402', TOUCHSTONE_MODELS_DIR: folder });
}

function withManifest(folder: string, change: object): void {
  const path = join(folder, 'digits', 'model.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as object;
  writeFileSync(path, JSON.stringify({ ...manifest, ...change }));
}

const otherBody = (value: number) => ({
  inputs: [{ ...digitsBody.inputs[0], data: digitValues.map(() => value) }],
});

describe('what was paid for is given', () => {
  it.each([
    ['whose model was retired', (folder: string) => rmSync(join(folder, 'digits'), { recursive: true })],
    ['whose model was replaced', (folder: string) => withManifest(folder, { version: '9.9.9' })],
    ['whose price changed', (folder: string) => withManifest(folder, { priceAtomic: '777' })],
  ])(
    'to a request %s since, byte for byte',
    async (_what, change) => {
      const { header, moved } = await requests.paid();
      const first = await requests.ask(header);
      expect(first.status).toBe(200);
      const changed = await gatewayWith(change);
      const again = await infer(changed, 'digits', digitsBody, header);
      expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
      expect(await again.text()).toBe(await first.text());
      expect(moved()).toEqual({ runs: 1, transfers: 1 });
      // Nobody gets more than what was paid for.
      expect((await infer(changed, 'digits', digitsBody)).status).not.toBe(200);
      expect((await infer(changed, 'digits', otherBody(1), header)).status).not.toBe(200);
      await changed.stop();
    },
    60_000,
  );

  it('to a request whose settlement was still open when its model was retired', async () => {
    const { header, moved } = await requests.paid();
    fixture.payments.nextSettle = 'pending';
    expect((await requests.ask(header)).status).toBe(202);
    fixture.payments.nextSettle = 'settled';
    const changed = await gatewayWith((folder) => rmSync(join(folder, 'digits'), { recursive: true }));
    expect((await infer(changed, 'digits', digitsBody, header)).status).toBe(200);
    expect(moved()).toEqual({ runs: 1, transfers: 1 });
    await changed.stop();
  }, 60_000);

  it('by running the model when the payment settled and no answer was stored', async () => {
    const { header, moved } = await requests.paid();
    fixture.signer.fail('broken', 'sign-outputs');
    expect((await requests.ask(header)).status).toBeGreaterThanOrEqual(500);
    fixture.signer.recover();
    fixture.payments.pay(fixture.payments.all().at(-1)!);
    const responses = await Promise.all([1, 2, 3].map(() => requests.ask(header)));
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200]);
    const bodies = new Set(await Promise.all(responses.map((response) => response.text())));
    expect(bodies.size).toBe(1);
    expect(moved().transfers).toBe(1);
    const { verificationId: id } = JSON.parse([...bodies][0]!) as { verificationId: string };
    const events = await fixture.events<{ verificationId: string }>('evt.v1.inference.output.recorded');
    expect(events.filter(({ verificationId }) => verificationId === id)).toHaveLength(1);
    const again = await requests.ask(header);
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
  });

  it('without its signature being looked at nothing is given out', async () => {
    const { client, header } = await requests.paid();
    expect((await requests.ask(header)).status).toBe(200);
    const { authorize } = fixture.payments;
    fixture.payments.authorize = async () => ({
      outcome: 'invalid',
      reason: 'invalid_exact_evm_signature',
      charged: 'no',
    });
    const forged = await requests.ask(header);
    fixture.payments.authorize = authorize;
    expect([forged.status, client.challengeOf(forged).error]).toEqual([402, 'invalid_exact_evm_signature']);
  });
});

describe('what is told about the money', () => {
  it.each([
    ['no', 402, 'payment-invalid', /nothing was charged/],
    ['elsewhere', 402, 'payment-invalid', /a transfer that did not pay for this request/],
    ['unknown', 409, 'payment-in-flight', /whoever holds it may still send it/],
  ] as const)(
    'a payment that does not verify and was charged "%s" is %d %s',
    async (charged, status, code, words) => {
      const { client, header, moved } = await requests.paid();
      Object.assign(fixture.payments, { charged, poorPayer: client.payer });
      const response = await requests.ask(header);
      const refusal = await problemOf(response);
      expect([response.status, refusal.code]).toEqual([status, code]);
      expect(refusal.detail).toMatch(words);
      expect(/nothing was charged/i.test(refusal.detail)).toBe(charged === 'no');
      expect(moved()).toEqual({ runs: 0, transfers: 0 });
    },
  );

  it.each([
    ['no', 402, 'payment-invalid', 'payment-failed'],
    ['elsewhere', 402, 'payment-invalid', 'payment-failed'],
    ['unknown', 202, 'settlement-pending', 'executed'],
  ] as const)(
    'a settlement that failed and was charged "%s" is %d %s, and the answer is %s',
    async (charged, status, code, state) => {
      const { header } = await requests.paid();
      Object.assign(fixture.payments, {
        charged,
        nextSettle: 'failed',
        failureReason: 'invalid_exact_evm_transaction_failed',
      });
      const response = await requests.ask(header);
      const refusal = await problemOf(response);
      expect([response.status, refusal.code]).toEqual([status, code]);
      expect(/nothing was charged/i.test(refusal.detail)).toBe(charged === 'no');
      const { id } = fixture.payments.all().at(-1)!;
      expect(
        await fixture.column(`SELECT state FROM gateway.verifications WHERE reservation_id = '${id}'`),
      ).toEqual([state]);
      fixture.payments.pay(fixture.payments.all().at(-1)!);
      // Somebody sent it all the same: then it is paid, and the same request gets its answer.
      expect((await requests.ask(header)).status).toBe(200);
    },
  );

  it.each([
    ['0x77', /transaction 0x77 is signed and on its way/],
    ['', /may have been sent, and is not confirmed/],
  ])(
    'a settlement that is pending with the transaction "%s" is told as far as it is known',
    async (hash, words) => {
      const { header } = await requests.paid();
      Object.assign(fixture.payments, { nextSettle: 'pending', pendingTransaction: hash });
      const response = await requests.ask(header);
      expect(response.status).toBe(202);
      expect((await problemOf(response)).detail).toMatch(words);
      fixture.payments.nextSettle = 'settled';
      expect((await requests.ask(header)).status).toBe(200);
    },
  );
});

describe('a payment whose request is guessed at', () => {
  it('is given out once whatever others tried, and not again after five other requests', async () => {
    const { header, moved } = await requests.paid();
    fixture.payments.nextSettle = 'pending';
    expect((await requests.ask(header)).status).toBe(202);
    for (let guess = 1; guess <= 5; guess += 1)
      expect(await codeOf(await requests.ask(header, otherBody(guess)))).toBe(
        'payment-bound-to-other-request',
      );
    expect(await codeOf(await requests.ask(header, otherBody(6)))).toBe('rate-limited');
    fixture.payments.nextSettle = 'settled';
    expect((await requests.ask(header)).status).toBe(200);
    const guessed = await requests.ask(header);
    expect([guessed.status, await codeOf(guessed)]).toEqual([429, 'rate-limited']);
    expect(moved()).toEqual({ runs: 1, transfers: 1 });
  });

  it('is given out again after four', async () => {
    const { header } = await requests.paid();
    expect((await requests.ask(header)).status).toBe(200);
    for (let guess = 1; guess <= 4; guess += 1)
      expect((await requests.ask(header, otherBody(guess))).status).toBe(409);
    expect((await requests.ask(header)).status).toBe(200);
    expect((await requests.ask(header, otherBody(5))).status).toBe(409);
    expect((await requests.ask(header)).status).toBe(429);
  });
});
