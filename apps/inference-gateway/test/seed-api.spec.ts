import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { canonicalJson } from '@touchstone/canonical-json';
import { modelDetail } from '@touchstone/contracts/http/inference-gateway';
import {
  seedError,
  seedHealth,
  seedInferAnswer,
  seedJob,
  seedModelAnswer,
  seedModelList,
  seedPaidByTransaction,
  seedVerification,
  seedVerifyProofAnswer,
} from '@touchstone/contracts/http/seed';
import { waitUntil } from '@touchstone/testing';
import { randomBytes } from 'node:crypto';
import { GatewayFixture, PAY_TO, type Gateway } from './support/gateway-fixture.js';
import { digitValues } from './support/paid-requests.js';
import { PayingClient } from './support/paying-client.js';

const PAYER = `0x${'44'.repeat(20)}`;
const digits = { inputs: digitValues };

let fixture: GatewayFixture;
let gateway: Gateway;

beforeAll(async () => {
  fixture = await GatewayFixture.create();
  gateway = await fixture.start({ TOUCHSTONE_PAYMENT_MODE: 'x402' });
}, 60_000);
afterEach(() => {
  fixture.payments.refusal = undefined;
  fixture.payments.nextSettle = 'settled';
});
afterAll(() => fixture.close());

const ask = (body: unknown = digits, headers: Record<string, string> = {}, path = '/infer/digits') =>
  gateway.post(path, body, headers);
const get = async (path: string, at = gateway) => (await at.get(path)).json();
const answerOf = async (response: Response) => {
  expect([response.status, await response.clone().text()]).toEqual([200, expect.any(String)]);
  return seedInferAnswer.parse(await response.json());
};
const errorOf = async (response: Response) => {
  expect(response.headers.get('content-type')).toBe('application/json');
  const error = seedError.parse(await response.json());
  expect(error.code).toBe(response.status);
  return error;
};
const paid = async (body: unknown = digits, path = '/infer/digits') =>
  new PayingClient().headerFor(await ask(body, {}, path));

/** A body with the hash of a transfer, and the claim of its payer for it. */
async function claimed(
  body: object = digits,
  path = '/infer/digits',
  txHash = randomBytes(32).toString('hex'),
  spelled = txHash,
) {
  const withHash = { ...body, paymentTxHash: `0x${spelled}` };
  const { payment } = await errorOf(await ask(withHash, {}, path));
  const signed = {
    claim: {
      ...{ txHash, logIndex: 5, payer: PAYER, payTo: payment?.recipient, deadline: 4_000_000_000 },
      requestDigest: payment?.transfer?.requestDigest,
    },
    signature: `0x${'11'.repeat(65)}`,
  };
  const header = Buffer.from(canonicalJson(signed)).toString('base64');
  return { txHash: `0x${txHash}`, body: withHash, headers: { 'touchstone-transfer-claim': header } };
}

describe('the seed API without a payment (R-INFER-1)', () => {
  it('says in the body of a 402 what is to be paid, and in PAYMENT-REQUIRED for x402', async () => {
    const response = await ask({ inputs: 'ETH rallies' }, {}, '/infer/crypto-sentiment-v2');
    expect(response.headers.get('payment-required')).not.toBeNull();
    expect(await errorOf(response)).toMatchObject({
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
    ['nothing', {}, 422, 'VALIDATION_FAILED'],
    ['a member that it does not know', { ...digits, model: 'other' }, 422, 'VALIDATION_FAILED'],
    ['no inputs', { inputs: [] }, 422, 'VALIDATION_FAILED'],
    ['mixed inputs', { inputs: [1, 'two'] }, 422, 'VALIDATION_FAILED'],
    ['a hash that is none', { ...digits, paymentTxHash: '0x12' }, 422, 'VALIDATION_FAILED'],
    [
      'a callback without async',
      { ...digits, callback: { url: 'https://x.example' } },
      422,
      'VALIDATION_FAILED',
    ],
    ['too few numbers', { inputs: [1, 2] }, 422, 'TENSOR_INVALID'],
    ['a text for a model of numbers', { inputs: 'profits' }, 422, 'VALIDATION_FAILED'],
  ])('refuses %s with the reason', async (_what, body, status, reason) => {
    const error = await errorOf(await ask(body));
    expect([error.code, error.reason]).toEqual([status, reason]);
  });

  it.each([
    ['an unknown model', '/infer/nobody', 404, 'UNKNOWN_MODEL'],
    ['an unknown model under /api', '/api/infer/nobody', 404, 'UNKNOWN_MODEL'],
  ])('refuses %s', async (_what, path, status, reason) => {
    const error = await errorOf(await ask(digits, {}, path));
    expect([error.code, error.reason]).toEqual([status, reason]);
  });
});

describe('the seed API with a payment of x402', () => {
  it('answers in the form of the text, and again byte for byte, charged once', async () => {
    const headers = await paid();
    const before = fixture.payments.transfers;
    const first = await ask(digits, headers);
    expect(first.headers.get('payment-response')).not.toBeNull();
    const text = await first.clone().text();
    const answer = await answerOf(first);
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
    const again = await ask(digits, headers);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await again.text()).toBe(text);
    expect(fixture.payments.transfers - before).toBe(1);
  });

  it('is the same under /api/infer, and a payment for the one does not pay for the other', async () => {
    const headers = await paid(digits, '/api/infer/digits');
    await answerOf(await ask(digits, headers, '/api/infer/digits'));
    const error = await errorOf(await ask(digits, headers, '/infer/digits'));
    expect([error.code, error.reason]).toEqual([409, 'PAYMENT_ALREADY_USED']);
  });

  it('leaves the proof out when it is not wanted', async () => {
    const body = { ...digits, returnProof: false };
    expect((await answerOf(await ask(body, await paid(body)))).proof).toBeUndefined();
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
    const answer = await answerOf(await ask(body, await paid(body, path), path));
    expect(answer.inference.prediction).not.toBeNull();
  });

  it('takes numbers by name', async () => {
    const { features } = (await get('/v1/models/fraud')) as { features: { name: string; minimum: number }[] };
    const body = { inputs: Object.fromEntries(features.map(({ name, minimum }) => [name, minimum])) };
    const answer = await answerOf(await ask(body, await paid(body, '/infer/fraud'), '/infer/fraud'));
    expect(answer.payment?.amount).toBe('0.50');
  });

  it('says 202 and where to look while the settlement is not known', async () => {
    const headers = await paid();
    fixture.payments.nextSettle = 'pending';
    const response = await ask(digits, headers);
    expect(response.headers.get('location')).toMatch(/\/api\/verifications\//);
    expect(await errorOf(response)).toMatchObject({ code: 202, reason: 'SETTLEMENT_PENDING' });
    fixture.payments.nextSettle = 'settled';
    await answerOf(await ask(digits, headers));
  });
});

describe('the seed API with a transfer (R-PAY-1)', () => {
  it('takes the hash with the claim of its payer, and shows it', async () => {
    const { txHash, body, headers } = await claimed();
    const answer = await answerOf(await ask(body, headers));
    expect(answer.payment).toMatchObject({ txHash, from: PAYER, amount: '0.01' });
  });

  it('takes the hash in whatever case, for the claim names its bytes', async () => {
    const txHash = randomBytes(32).toString('hex');
    const {
      txHash: shown,
      body,
      headers,
    } = await claimed(digits, '/infer/digits', txHash, txHash.toUpperCase());
    expect((await answerOf(await ask(body, headers))).payment?.txHash).toBe(shown);
  });

  it.each([
    ['a hash alone', 402, async () => ({ headers: {}, body: (await claimed()).body })],
    [
      'a claim about another transfer',
      400,
      async () => ({ headers: (await claimed()).headers, body: (await claimed()).body }),
    ],
    [
      'a hash beside a payment of x402',
      400,
      async () => ({ headers: await paid(), body: (await claimed()).body }),
    ],
  ])('refuses %s as VERIFICATION_ERROR; nothing runs', async (_what, status, request) => {
    const runs = fixture.signer.outputs.length;
    const { headers, body } = await request();
    const error = await errorOf(await ask(body, headers));
    expect([error.code, error.reason]).toEqual([status, 'VERIFICATION_ERROR']);
    expect(fixture.signer.outputs.length).toBe(runs);
  });

  it.each(['TX_FAILED', 'NO_TRANSFER_EVENT', 'WRONG_RECIPIENT', 'INSUFFICIENT_AMOUNT'] as const)(
    'tells %s with what is to be paid',
    async (code) => {
      const { body, headers } = await claimed();
      fixture.payments.refusal = { code, reason: code.toLowerCase(), message: 'It does not fit.' };
      const error = await errorOf(await ask(body, headers));
      expect([error.code, error.reason, error.payment?.amount]).toEqual([402, code, '0.01']);
    },
  );

  it.each(['TX_NOT_FOUND', 'INSUFFICIENT_CONFIRMATIONS'] as const)(
    'tells %s as something to wait for: whoever is told 402 pays again',
    async (code) => {
      const { body, headers } = await claimed();
      fixture.payments.refusal = { code, reason: code.toLowerCase(), message: 'Not yet.' };
      const response = await ask(body, headers);
      expect(response.headers.get('retry-after')).not.toBeNull();
      const error = await errorOf(response);
      expect([error.code, error.reason]).toEqual([409, code]);
    },
  );

  it('belongs to its first request', async () => {
    const { body, headers } = await claimed();
    await answerOf(await ask(body, headers));
    const other = { ...body, inputs: digitValues.map(() => 0) };
    const error = await errorOf(await ask(other, headers));
    expect([error.code, error.reason]).toEqual([409, 'PAYMENT_ALREADY_USED']);
  });

  it('takes a hash alone where the operator allows it, and says that nobody proved the payer', async () => {
    const bare = await fixture.start({
      TOUCHSTONE_PAYMENT_MODE: 'x402',
      TOUCHSTONE_TRANSFER_PAYMENTS: 'bare',
    });
    const body = { ...digits, paymentTxHash: `0x${randomBytes(32).toString('hex')}` };
    const answer = await answerOf(await bare.post('/infer/digits', body));
    expect(answer.payment?.txHash).toBe(body.paymentTxHash);
  });
});

describe('verifications of the seed API (R-INFER-4)', () => {
  it('are shown by id, and by the hash of the transaction without what leads to the answer', async () => {
    const { txHash, body, headers } = await claimed();
    const { verificationId } = await answerOf(await ask(body, headers));
    const shown = seedVerification.parse(await get(`/api/verifications/${verificationId}`));
    expect(shown).toMatchObject({
      verificationId,
      status: 'success',
      payment: { txHash },
      errorMessage: null,
    });
    expect(shown.inputHash).toMatch(/^[0-9a-f]{64}$/);
    const paidBy = await get(`/api/verifications/tx/${txHash}`);
    const { verifications } = seedPaidByTransaction.parse(paidBy);
    expect(verifications).toMatchObject([
      { model: { id: 'digits' }, status: 'success', payment: { txHash } },
    ]);
    expect(JSON.stringify(paidBy)).not.toContain(verificationId);
    expect(JSON.stringify(paidBy)).not.toContain(shown.outputHash);
  });

  it('are found by the transaction that settled a payment of x402', async () => {
    await answerOf(await ask(digits, await paid()));
    const settled = seedPaidByTransaction.parse(await get(`/api/verifications/tx/0x${'AB'.repeat(32)}`));
    expect(settled.txHash).toBe(`0x${'ab'.repeat(32)}`);
    expect(settled.verifications.length).toBeGreaterThan(0);
  });

  it.each([
    ['an id', '01a1fd2c-7cf1-7e02-9a3f-4d6f24a40a4e', 404],
    ['a transaction', `tx/0x${'00'.repeat(32)}`, 404],
    ['an id that is none', 'nothing', 400],
    ['a hash that is none', 'tx/0x12', 400],
  ])('refuse %s that nobody knows', async (_what, path, status) => {
    expect((await errorOf(await gateway.get(`/api/verifications/${path}`))).code).toBe(status);
  });
});

describe('jobs of the seed API (R-INFER-5)', () => {
  it('answer in the form of the call itself', async () => {
    const body = { ...digits, async: true };
    const accepted = await ask(body, await paid(body));
    expect(accepted.status).toBe(202);
    const { jobId, statusUrl } = seedJob.parse(await accepted.json());
    expect(new URL(statusUrl).pathname).toBe(`/api/jobs/${jobId}`);
    const show = async () => seedJob.parse(await get(`/api/jobs/${jobId}`));
    await waitUntil(async () => (await show()).status === 'succeeded', 20_000, 'the end of the job');
    expect((await show()).result).toMatchObject({ success: true, model: { id: 'digits' } });
    // The same job in the form of /v1.
    expect(await get(`/v1/jobs/${jobId}`)).toMatchObject({ status: 'succeeded' });
    expect((await errorOf(await fetch(`${gateway.url}/api/jobs/${jobId}`, { method: 'DELETE' }))).code).toBe(
      409,
    );
  });

  it('are not paid by a transfer, which could not be given back', async () => {
    const { body, headers } = await claimed({ ...digits, async: true });
    expect(await errorOf(await ask(body, headers))).toMatchObject({ code: 422 });
  });

  it('are 404 where nobody knows the id', async () => {
    expect((await errorOf(await gateway.get('/api/jobs/01a1fd2c-7cf1-7e02-9a3f-4d6f24a40a4e'))).reason).toBe(
      'NOT_FOUND',
    );
  });
});

describe('models of the seed API (R-INFER-2)', () => {
  const ids = async (query: string) =>
    seedModelList.parse(await get(`/api/models${query}`)).models.map(({ id }) => id);

  it('are listed with price, hash and accuracy', async () => {
    const { models } = seedModelList.parse(await get('/api/models'));
    const sentiment = models.find(({ id }) => id === 'crypto-sentiment-v2');
    expect(sentiment).toMatchObject({
      price: '0.25',
      currency: 'USDC',
      status: 'active',
      accuracyPercent: null,
    });
    expect(sentiment?.onnxHash).toMatch(/^0x[0-9a-f]{64}$/);
    expect(models.find(({ id }) => id === 'token-risk')).toMatchObject({
      price: '2.00',
      category: 'classification',
    });
  });

  it('are filtered by category, price and accuracy, and sorted', async () => {
    expect(await ids('?category=nothing')).toEqual([]);
    expect(await ids('?maxPrice=0.01')).not.toContain('crypto-sentiment-v2');
    expect(await ids('?maxPrice=0.25')).toContain('crypto-sentiment-v2');
    expect(await ids('?maxPrice=0.249999')).not.toContain('crypto-sentiment-v2');
    expect(await ids('?minAccuracy=90')).not.toContain('crypto-sentiment-v2');
    expect((await ids('?sort=-price'))[0]).toBe('token-risk');
  });

  it.each([
    'maxPrice=-1',
    'maxPrice=1.2345678',
    'minAccuracy=101',
    'sort=best',
    'limit=0',
    'limit=101',
    'unknown=1',
  ])('refuse ?%s', async (query) => {
    expect((await errorOf(await gateway.get(`/api/models?${query}`))).code).toBe(400);
  });

  it('have a page', async () => {
    const { model } = seedModelAnswer.parse(await get('/api/models/fraud'));
    expect(model).toMatchObject({
      id: 'fraud',
      price: '0.50',
      page: expect.stringMatching(/\/v1\/models\/fraud$/),
    });
    expect((await errorOf(await gateway.get('/api/models/nobody'))).reason).toBe('UNKNOWN_MODEL');
  });
});

describe('verify-proof', () => {
  const circuit = async () => {
    const { circuit } = modelDetail.parse(await get('/v1/models/digits-int'));
    if (circuit === undefined) throw new Error('The sample has no circuit.');
    return circuit;
  };
  const verify = (body: unknown) => gateway.post('/api/verify-proof', body);
  const point = ['1', '2'];
  const proof = { pi_a: point, pi_b: [point, point], pi_c: point };

  it('judges by the key of a model, in a thread', async () => {
    const { vkDigest, setup } = await circuit();
    const response = await verify({ vkDigest, proof, publicSignals: Array.from({ length: 75 }, () => '0') });
    expect(response.status).toBe(200);
    expect(seedVerifyProofAnswer.parse(await response.json())).toMatchObject({
      valid: false,
      reason: expect.stringMatching(/A point of the proof/),
      statement: { model: { id: 'digits-int' }, setup, vkDigest },
    });
  });

  it.each([
    ['no proof', { proof: null }, /not of its closed form/],
    ['the wrong number of signals', { publicSignals: ['0'] }, /more or fewer public signals/],
    [
      'a signal that is an alias',
      { publicSignals: Array.from({ length: 75 }, () => '00') },
      /not a decimal text/,
    ],
  ])('says of %s why it is not valid', async (_what, change, reason) => {
    const { vkDigest } = await circuit();
    const publicSignals = Array.from({ length: 75 }, () => '0');
    const answer = await (await verify({ vkDigest, proof, publicSignals, ...change })).json();
    expect(seedVerifyProofAnswer.parse(answer)).toMatchObject({
      valid: false,
      reason: expect.stringMatching(reason),
    });
  });

  it('knows no key but those of its models, and takes none along', async () => {
    const vkDigest = '00'.repeat(32);
    expect((await errorOf(await verify({ vkDigest, proof, publicSignals: [] }))).code).toBe(404);
    const brought = { vkDigest, proof, publicSignals: [], verificationKey: {} };
    expect((await errorOf(await verify(brought))).code).toBe(422);
    const many = { vkDigest, proof, publicSignals: Array.from({ length: 4_097 }, () => '0') };
    expect((await errorOf(await verify(many))).code).toBe(422);
  });
});

it.each(['/health', '/api/health'])('%s says whether requests are taken', async (path) => {
  const response = await gateway.get(path);
  expect(response.status).toBe(200);
  expect(seedHealth.parse(await response.json())).toMatchObject({ status: 'healthy' });
});
