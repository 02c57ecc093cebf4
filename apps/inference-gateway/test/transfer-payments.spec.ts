import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { canonicalJson } from '@touchstone/canonical-json';
import { requestDigest } from '@touchstone/evidence';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import { problemOf } from '@touchstone/testing/service';
import { decodePaymentRequiredHeader } from '@x402/core/http';
import { randomBytes } from 'node:crypto';
import { GatewayFixture, type Gateway } from './support/gateway-fixture.js';
import { digitsBody, PaidRequests } from './support/paid-requests.js';
import { PayingClient } from './support/paying-client.js';

const paid = { TOUCHSTONE_PAYMENT_MODE: 'x402' };
const PAYER = `0x${'44'.repeat(20)}`;
let fixture: GatewayFixture;
let gateway: Gateway;
let requests: PaidRequests;
beforeAll(async () => {
  fixture = await GatewayFixture.create();
  gateway = await fixture.start(paid);
  requests = new PaidRequests(fixture, gateway);
}, 60_000);
beforeEach(() => {
  fixture.payments.refusal = undefined;
});
afterAll(() => fixture.close());

interface Extension {
  readonly info: { readonly requestDigest: string; readonly header: string };
}
const challenge = async (ask = requests) => {
  const required = new PayingClient().challengeOf(await ask.ask());
  return {
    accepts: required.accepts,
    extension: required.extensions?.['touchstone-transfer'] as Extension | undefined,
  };
};
/** A transfer, claimed for what a challenge says. */
const claim = async (ask = requests) => {
  const { accepts, extension } = await challenge(ask);
  const signed = {
    claim: {
      ...{ txHash: randomBytes(32).toString('hex'), logIndex: 5, payer: PAYER },
      payTo: accepts[0]?.payTo.toLowerCase(),
      requestDigest: extension?.info.requestDigest,
      deadline: 4_000_000_000,
    },
    signature: `0x${'11'.repeat(65)}`,
  };
  const header = Buffer.from(canonicalJson(signed)).toString('base64');
  return { signed, headers: { 'touchstone-transfer-claim': header } };
};

describe('an answer that a transfer pays for', () => {
  it('is offered beside x402 with all that its claim needs', async () => {
    const { extension } = await challenge();
    const { modelVersionId } = (await (await gateway.get('/v1/models/digits')).json()) as {
      modelVersionId: string;
    };
    const bodyDigest = bytesToHex(sha256(new TextEncoder().encode(JSON.stringify(digitsBody))));
    const target = '/v1/models/digits/infer';
    const parts = { bodyDigest, method: 'POST', modelVersionId, quoteId: null, target };
    expect(extension).toMatchObject({
      info: {
        header: 'touchstone-transfer-claim',
        domain: { name: 'Touchstone', version: '1', chainId: 8453 },
        types: { TransferClaim: expect.any(Array) },
        requestDigest: requestDigest(parts),
        confirmations: 3,
        maxAgeSeconds: 3_600,
      },
    });
  });

  it('is that of a call and not of a job, which may fail when the transfer was made already', async () => {
    const { headers } = await claim();
    const refused = await requests.ask(headers, { ...digitsBody, async: true });
    expect([refused.status, (await problemOf(refused)).code]).toEqual([422, 'validation-failed']);
    expect(await fixture.rows('SELECT id FROM gateway.jobs')).toEqual([]);
  });

  it('is given out once it is settled, and again byte for byte', async () => {
    const { signed, headers } = await claim();
    const first = await requests.ask(headers);
    expect(first.status).toBe(200);
    expect(first.headers.get('payment-response')).not.toBeNull();
    const text = await first.text();
    const answer = JSON.parse(text) as {
      verificationId: string;
      payment: object;
      context: { payment: object };
    };
    const { txHash, logIndex } = signed.claim;
    expect(answer.payment).toMatchObject({ payer: PAYER, txHash, logIndex });
    expect(answer.context.payment).toEqual(answer.payment);
    const runs = fixture.signer.outputs.length;
    const again = await requests.ask(headers);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await again.text()).toBe(text);
    expect(fixture.signer.outputs.length).toBe(runs);
    const shown = await (await gateway.get(`/v1/verifications/${answer.verificationId}`)).json();
    expect(shown).toMatchObject({ status: 'settled', payment: { txHash, transaction: expect.any(String) } });
  });

  it('belongs to its first request', async () => {
    const { headers } = await claim();
    expect((await requests.ask(headers)).status).toBe(200);
    const other = { inputs: [{ ...digitsBody.inputs[0], data: digitsBody.inputs[0]?.data.map(() => 0) }] };
    const response = await requests.ask(headers, other);
    expect(response.status).toBe(409);
    expect(await problemOf(response)).toMatchObject({
      code: 'payment-bound-to-other-request',
      legacyCode: 'PAYMENT_ALREADY_USED',
    });
  });

  it.each([
    ['TX_NOT_FOUND', 409, 'payment-in-flight'],
    ['INSUFFICIENT_CONFIRMATIONS', 409, 'payment-in-flight'],
    ['TX_FAILED', 402, 'payment-invalid'],
    ['NO_TRANSFER_EVENT', 402, 'payment-invalid'],
    ['WRONG_RECIPIENT', 402, 'payment-invalid'],
    ['INSUFFICIENT_AMOUNT', 402, 'payment-invalid'],
    ['VERIFICATION_ERROR', 402, 'payment-invalid'],
  ] as const)('is refused for %s with %i %s', async (code, status, problem) => {
    const { headers } = await claim();
    fixture.payments.refusal = { code, reason: 'the_reason', message: 'What is wrong.' };
    const runs = fixture.signer.outputs.length;
    const response = await requests.ask(headers);
    expect(response.status).toBe(status);
    const required = response.headers.get('payment-required');
    if (status === 402)
      expect(decodePaymentRequiredHeader(required as string)).toMatchObject({
        error: 'the_reason',
        extensions: { 'touchstone-transfer': expect.anything() },
      });
    else expect(response.headers.get('retry-after')).toBe('2');
    expect(await problemOf(response)).toMatchObject({
      code: problem,
      legacyCode: code,
      detail: expect.stringContaining('What is wrong.'),
    });
    expect(fixture.signer.outputs.length).toBe(runs);
  });

  it('is refused for two payments at once, for a hash alone and for what cannot be read', async () => {
    const { headers } = await claim();
    const { header } = await requests.paid();
    const moved = fixture.payments.transfers;
    for (const sent of [
      { ...headers, ...header },
      { 'touchstone-transfer-claim': `0x${'ab'.repeat(32)}` },
      { 'touchstone-transfer-claim': 'e30=' },
    ]) {
      const response = await requests.ask(sent);
      expect(response.status).toBe(400);
      expect((await problemOf(response)).code).toBe('payment-malformed');
    }
    expect(fixture.payments.transfers).toBe(moved);
  });
});

describe('an operator', () => {
  it('turns transfers off: nothing of them is offered, and none is taken', async () => {
    const off = await fixture.start({ ...paid, TOUCHSTONE_TRANSFER_PAYMENTS: 'off' });
    const ask = new PaidRequests(fixture, off);
    const { headers } = await claim();
    expect((await challenge(ask)).extension).toBeUndefined();
    expect((await ask.ask(headers)).status).toBe(400);
    await off.stop();
  });

  it('takes a hash alone, and says so in the challenge', async () => {
    const bare = await fixture.start({ ...paid, TOUCHSTONE_TRANSFER_PAYMENTS: 'bare' });
    const ask = new PaidRequests(fixture, bare);
    expect((await challenge(ask)).extension).toMatchObject({ info: { bareHash: true } });
    const txHash = randomBytes(32).toString('hex');
    const response = await ask.ask({ 'touchstone-transfer-claim': `0x${txHash}` });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ payment: { txHash } });
    await bare.stop();
  });
});
