import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { x402Client } from '@x402/core/client';
import type { PaymentRequired } from '@x402/core/types';
import { ExactEvmSchemeV1 } from '@x402/evm/v1';
import { modelDetail } from '@touchstone/contracts/http/inference-gateway';
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { GatewayFixture, PAY_TO, type Gateway } from './support/gateway-fixture.js';
import { digitsBody, digitValues } from './support/paid-requests.js';
import { PayingClient } from './support/paying-client.js';
import {
  seedAnswerOf,
  seedDigits,
  seedErrorOf,
  SeedRequests,
  TRANSFER_PAYER,
} from './support/seed-requests.js';

let fixture: GatewayFixture;
let gateway: Gateway;
let seed: SeedRequests;

beforeAll(async () => {
  fixture = await GatewayFixture.create();
  gateway = await fixture.start({ TOUCHSTONE_PAYMENT_MODE: 'x402' });
  seed = new SeedRequests(gateway);
}, 60_000);
afterEach(() => {
  fixture.payments.refusal = undefined;
  fixture.payments.nextSettle = 'settled';
});
afterAll(() => fixture.close());

describe('the seed API without a payment (R-INFER-1)', () => {
  it('says in the body of a 402 what is to be paid, and in PAYMENT-REQUIRED for x402', async () => {
    const response = await seed.ask({ inputs: 'ETH rallies' }, {}, '/infer/crypto-sentiment-v2');
    expect(response.headers.get('payment-required')).not.toBeNull();
    expect(await seedErrorOf(response)).toMatchObject({
      success: false,
      error: 'Payment required',
      code: 402,
      reason: 'PAYMENT_REQUIRED',
      payment: {
        ...{ amount: '0.25', currency: 'USDC', recipient: PAY_TO, network: 'Base', chainId: 8453 },
        transfer: { header: 'touchstone-transfer-claim', confirmations: 3, bareHash: false },
      },
    });
  });

  it.each([
    ['/infer/fraud', { inputs: {} }],
    ['/v1/models/fraud/infer', { features: {} }],
    ['/infer/crypto-sentiment-v2', { inputs: 'A text.' }],
    ['/v1/models/digits/infer', { inputs: [{ name: 'pixels' }] }],
  ])('says at %s how a request looks, as x402 catalogues read it (R-INFER-6)', async (path, like) => {
    const { features } = modelDetail.parse(await seed.get('/v1/models/fraud'));
    const named = Object.fromEntries((features ?? []).map(({ name, minimum }) => [name, minimum]));
    const isNamed = path.includes('fraud');
    const body = isNamed ? { [Object.keys(like)[0] as string]: named } : { ...like };
    const asked = path.startsWith('/v1/models/digits') ? digitsBody : body;
    const { extensions } = new PayingClient().challengeOf(await gateway.post(path, asked));
    const { info, schema } = extensions?.['bazaar'] as { info: { input: { body: unknown } }; schema: object };
    expect(info.input).toMatchObject({
      type: 'http',
      method: 'POST',
      bodyType: 'json',
      body: isNamed ? body : like,
    });
    expect(z.fromJSONSchema(schema as never).safeParse(info).success).toBe(true);
    // A client sends back what it was told.
    const headers = await new PayingClient().headerFor(await gateway.post(path, asked));
    expect((await gateway.post(path, asked, headers)).status).toBe(200);
  });

  it.each([
    ['nothing', {}, 422, 'VALIDATION_FAILED'],
    ['a member that it does not know', { ...seedDigits, model: 'other' }, 422, 'VALIDATION_FAILED'],
    ['no inputs', { inputs: [] }, 422, 'VALIDATION_FAILED'],
    ['mixed inputs', { inputs: [1, 'two'] }, 422, 'VALIDATION_FAILED'],
    ['a hash that is none', { ...seedDigits, paymentTxHash: '0x12' }, 422, 'VALIDATION_FAILED'],
    [
      'a callback without async',
      { ...seedDigits, callback: { url: 'https://x.example' } },
      422,
      'VALIDATION_FAILED',
    ],
    ['too few numbers', { inputs: [1, 2] }, 422, 'TENSOR_INVALID'],
    ['a text for a model of numbers', { inputs: 'profits' }, 422, 'VALIDATION_FAILED'],
  ])('refuses %s with the reason', async (_what, body, status, reason) => {
    const error = await seedErrorOf(await seed.ask(body));
    expect([error.code, error.reason]).toEqual([status, reason]);
  });

  it.each([
    ['an unknown model', '/infer/nobody', 404, 'UNKNOWN_MODEL'],
    ['an unknown model under /api', '/api/infer/nobody', 404, 'UNKNOWN_MODEL'],
  ])('refuses %s', async (_what, path, status, reason) => {
    const error = await seedErrorOf(await seed.ask(seedDigits, {}, path));
    expect([error.code, error.reason]).toEqual([status, reason]);
  });
});

describe('the seed API with a payment of x402', () => {
  it('answers in the form of the text, and again byte for byte, charged once', async () => {
    const headers = await seed.paid();
    const before = fixture.payments.transfers;
    const first = await seed.ask(seedDigits, headers);
    expect(first.headers.get('payment-response')).not.toBeNull();
    const text = await first.clone().text();
    const answer = await seedAnswerOf(first);
    expect(answer.model).toEqual({ id: 'digits', name: 'Handwritten digits', version: '1.0.0' });
    expect(answer.inference.outputs).toHaveLength(10);
    expect(answer.inference.prediction?.label).toBe(
      String(
        (answer.inference.outputs as number[]).indexOf(Math.max(...(answer.inference.outputs as number[]))),
      ),
    );
    expect(answer.proof).toMatchObject({ type: 'signature', groth16Proof: null, verified: null });
    expect(answer.payment).toMatchObject({
      ...{ amount: '0.01', currency: 'USDC', to: PAY_TO, network: 'Base', chainId: 8453 },
      txHash: `0x${'ab'.repeat(32)}`,
    });
    expect(answer.timing.total).toBeGreaterThanOrEqual(answer.timing.inference);
    const again = await seed.ask(seedDigits, headers);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await again.text()).toBe(text);
    expect(fixture.payments.transfers - before).toBe(1);
  });

  it('is paid by the client of version 1 too, which reads the body alone', async () => {
    const client = new x402Client().registerV1(
      'base',
      new ExactEvmSchemeV1(privateKeyToAccount(generatePrivateKey())),
    );
    const challenge = (await (await seed.ask()).json()) as PaymentRequired;
    const payment = await client.createPaymentPayload(challenge);
    const header = Buffer.from(JSON.stringify(payment)).toString('base64');
    const response = await seed.ask(seedDigits, { 'X-PAYMENT': header });
    expect(response.headers.get('x-payment-response')).not.toBeNull();
    expect((await seedAnswerOf(response)).payment?.amount).toBe('0.01');
  });

  it('is the same under /api/infer, and a payment for the one does not pay for the other', async () => {
    const headers = await seed.paid(seedDigits, '/api/infer/digits');
    await seedAnswerOf(await seed.ask(seedDigits, headers, '/api/infer/digits'));
    const error = await seedErrorOf(await seed.ask(seedDigits, headers, '/infer/digits'));
    expect([error.code, error.reason]).toEqual([409, 'PAYMENT_ALREADY_USED']);
  });

  it('leaves the proof out when it is not wanted', async () => {
    const body = { ...seedDigits, returnProof: false };
    expect((await seedAnswerOf(await seed.ask(body, await seed.paid(body)))).proof).toBeUndefined();
  });

  it.each([
    ['a text', 'crypto-sentiment-v2', { inputs: 'bitcoin surges to a record high' }],
    [
      'tensors',
      'digits',
      { inputs: [{ name: 'pixels', datatype: 'FP32', shape: [1, 64], data: digitValues }] },
    ],
  ])('takes %s', async (_what, model, body) => {
    const path = `/infer/${model}`;
    const answer = await seedAnswerOf(await seed.ask(body, await seed.paid(body, path), path));
    expect(answer.inference.prediction).not.toBeNull();
  });

  it('takes numbers by name', async () => {
    const { features } = (await seed.get('/v1/models/fraud')) as {
      features: { name: string; minimum: number }[];
    };
    const body = { inputs: Object.fromEntries(features.map(({ name, minimum }) => [name, minimum])) };
    const answer = await seedAnswerOf(
      await seed.ask(body, await seed.paid(body, '/infer/fraud'), '/infer/fraud'),
    );
    expect(answer.payment?.amount).toBe('0.50');
  });

  it('says 202 and where to look while the settlement is not known', async () => {
    const headers = await seed.paid();
    fixture.payments.nextSettle = 'pending';
    const response = await seed.ask(seedDigits, headers);
    expect(response.headers.get('location')).toMatch(/\/api\/verifications\//);
    expect(await seedErrorOf(response)).toMatchObject({ code: 202, reason: 'SETTLEMENT_PENDING' });
    fixture.payments.nextSettle = 'settled';
    await seedAnswerOf(await seed.ask(seedDigits, headers));
  });
});

describe('the seed API with a transfer (R-PAY-1)', () => {
  it('takes the hash with the claim of its payer, and shows it', async () => {
    const { txHash, body, headers } = await seed.claimed();
    const answer = await seedAnswerOf(await seed.ask(body, headers));
    expect(answer.payment).toMatchObject({ txHash, from: TRANSFER_PAYER, amount: '0.01' });
  });

  it('takes the hash in whatever case, for the claim names its bytes', async () => {
    const txHash = randomBytes(32).toString('hex');
    const {
      txHash: shown,
      body,
      headers,
    } = await seed.claimed(seedDigits, '/infer/digits', txHash, txHash.toUpperCase());
    expect((await seedAnswerOf(await seed.ask(body, headers))).payment?.txHash).toBe(shown);
  });

  it.each([
    ['a hash alone', 402, async () => ({ headers: {}, body: (await seed.claimed()).body })],
    [
      'a claim about another transfer',
      400,
      async () => ({ headers: (await seed.claimed()).headers, body: (await seed.claimed()).body }),
    ],
    [
      'a hash beside a payment of x402',
      400,
      async () => ({ headers: await seed.paid(), body: (await seed.claimed()).body }),
    ],
  ])('refuses %s as VERIFICATION_ERROR; nothing runs', async (_what, status, request) => {
    const runs = fixture.signer.outputs.length;
    const { headers, body } = await request();
    const error = await seedErrorOf(await seed.ask(body, headers));
    expect([error.code, error.reason]).toEqual([status, 'VERIFICATION_ERROR']);
    expect(fixture.signer.outputs.length).toBe(runs);
  });

  it('tells who sends a claim that cannot be read what is to be paid, with the hash beside it or without', async () => {
    const headers = { 'touchstone-transfer-claim': 'e30=' };
    const hash = { ...seedDigits, paymentTxHash: `0x${randomBytes(32).toString('hex')}` };
    for (const body of [seedDigits, hash]) {
      const response = await seed.ask(body, headers);
      expect(response.headers.get('payment-required')).not.toBeNull();
      const error = await seedErrorOf(response);
      expect([error.code, error.reason, error.payment?.amount]).toEqual([402, 'VERIFICATION_ERROR', '0.01']);
    }
  });

  it.each(['TX_FAILED', 'NO_TRANSFER_EVENT', 'WRONG_RECIPIENT', 'INSUFFICIENT_AMOUNT'] as const)(
    'tells %s with what is to be paid',
    async (code) => {
      const { body, headers } = await seed.claimed();
      fixture.payments.refusal = { code, reason: code.toLowerCase(), message: 'It does not fit.' };
      const error = await seedErrorOf(await seed.ask(body, headers));
      expect([error.code, error.reason, error.payment?.amount]).toEqual([402, code, '0.01']);
    },
  );

  it.each(['TX_NOT_FOUND', 'INSUFFICIENT_CONFIRMATIONS'] as const)(
    'tells %s as something to wait for: whoever is told 402 pays again',
    async (code) => {
      const { body, headers } = await seed.claimed();
      fixture.payments.refusal = { code, reason: code.toLowerCase(), message: 'Not yet.' };
      const response = await seed.ask(body, headers);
      expect(response.headers.get('retry-after')).not.toBeNull();
      const error = await seedErrorOf(response);
      expect([error.code, error.reason]).toEqual([409, code]);
    },
  );

  it('belongs to its first request', async () => {
    const { body, headers } = await seed.claimed();
    await seedAnswerOf(await seed.ask(body, headers));
    const other = { ...body, inputs: digitValues.map(() => 0) };
    const error = await seedErrorOf(await seed.ask(other, headers));
    expect([error.code, error.reason]).toEqual([409, 'PAYMENT_ALREADY_USED']);
  });

  it('takes a hash alone where the operator allows it, and says that nobody proved the payer', async () => {
    const bare = await fixture.start({
      TOUCHSTONE_PAYMENT_MODE: 'x402',
      TOUCHSTONE_TRANSFER_PAYMENTS: 'bare',
    });
    const body = { ...seedDigits, paymentTxHash: `0x${randomBytes(32).toString('hex')}` };
    const answer = await seedAnswerOf(await bare.post('/infer/digits', body));
    expect(answer.payment?.txHash).toBe(body.paymentTxHash);
  });
});
