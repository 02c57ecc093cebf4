import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { modelDetail } from '@touchstone/contracts/http/inference-gateway';
import {
  seedHealth,
  seedJob,
  seedModelAnswer,
  seedModelList,
  seedPaidByTransaction,
  seedVerification,
  seedVerifyProofAnswer,
} from '@touchstone/contracts/http/seed-records';
import { waitUntil } from '@touchstone/testing';
import { GatewayFixture, type Gateway } from './support/gateway-fixture.js';
import { seedAnswerOf, seedDigits, seedErrorOf, SeedRequests } from './support/seed-requests.js';

let fixture: GatewayFixture;
let gateway: Gateway;
let seed: SeedRequests;

beforeAll(async () => {
  fixture = await GatewayFixture.create();
  gateway = await fixture.start({ TOUCHSTONE_PAYMENT_MODE: 'x402' });
  seed = new SeedRequests(gateway);
}, 60_000);
afterAll(() => fixture.close());

describe('verifications of the seed API (R-INFER-4)', () => {
  it('are shown by id, and by the hash of the transaction without what leads to the answer', async () => {
    const { txHash, body, headers } = await seed.claimed();
    const { verificationId } = await seedAnswerOf(await seed.ask(body, headers));
    const shown = seedVerification.parse(await seed.get(`/api/verifications/${verificationId}`));
    expect(shown).toMatchObject({
      verificationId,
      status: 'success',
      payment: { txHash },
      errorMessage: null,
    });
    expect(shown.inputHash).toMatch(/^[0-9a-f]{64}$/);
    const paidBy = await seed.get(`/api/verifications/tx/${txHash}`);
    const { verifications } = seedPaidByTransaction.parse(paidBy);
    expect(verifications).toMatchObject([
      { model: { id: 'digits' }, status: 'success', payment: { txHash } },
    ]);
    expect(JSON.stringify(paidBy)).not.toContain(verificationId);
    expect(JSON.stringify(paidBy)).not.toContain(shown.outputHash);
  });

  it('are found by the transaction that settled a payment of x402', async () => {
    await seedAnswerOf(await seed.ask(seedDigits, await seed.paid()));
    const settled = seedPaidByTransaction.parse(await seed.get(`/api/verifications/tx/0x${'AB'.repeat(32)}`));
    expect(settled.txHash).toBe(`0x${'ab'.repeat(32)}`);
    expect(settled.verifications.length).toBeGreaterThan(0);
  });

  it.each([
    ['an id', '01a1fd2c-7cf1-7e02-9a3f-4d6f24a40a4e', 404],
    ['a transaction', `tx/0x${'00'.repeat(32)}`, 404],
    ['an id that is none', 'nothing', 400],
    ['a hash that is none', 'tx/0x12', 400],
  ])('refuse %s that nobody knows', async (_what, path, status) => {
    expect((await seedErrorOf(await gateway.get(`/api/verifications/${path}`))).code).toBe(status);
  });
});

describe('jobs of the seed API (R-INFER-5)', () => {
  it('answer in the form of the call itself', async () => {
    const body = { ...seedDigits, async: true };
    const accepted = await seed.ask(body, await seed.paid(body));
    expect(accepted.status).toBe(202);
    const { jobId, statusUrl } = seedJob.parse(await accepted.json());
    expect(new URL(statusUrl).pathname).toBe(`/api/jobs/${jobId}`);
    const show = async () => seedJob.parse(await seed.get(`/api/jobs/${jobId}`));
    await waitUntil(async () => (await show()).status === 'succeeded', 20_000, 'the end of the job');
    expect((await show()).result).toMatchObject({ success: true, model: { id: 'digits' } });
    // The same job in the form of /v1.
    expect(await seed.get(`/v1/jobs/${jobId}`)).toMatchObject({ status: 'succeeded' });
    expect(
      (await seedErrorOf(await fetch(`${gateway.url}/api/jobs/${jobId}`, { method: 'DELETE' }))).code,
    ).toBe(409);
  });

  it('are not paid by a transfer, which could not be given back', async () => {
    const { body, headers } = await seed.claimed({ ...seedDigits, async: true });
    expect(await seedErrorOf(await seed.ask(body, headers))).toMatchObject({ code: 422 });
  });

  it('are 404 where nobody knows the id', async () => {
    expect(
      (await seedErrorOf(await gateway.get('/api/jobs/01a1fd2c-7cf1-7e02-9a3f-4d6f24a40a4e'))).reason,
    ).toBe('NOT_FOUND');
  });
});

describe('models of the seed API (R-INFER-2)', () => {
  const ids = async (query: string) =>
    seedModelList.parse(await seed.get(`/api/models${query}`)).models.map(({ id }) => id);

  it('are listed with price, hash and accuracy', async () => {
    const { models } = seedModelList.parse(await seed.get('/api/models'));
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
    expect((await seedErrorOf(await gateway.get(`/api/models?${query}`))).code).toBe(400);
  });

  it('have a page', async () => {
    const { model } = seedModelAnswer.parse(await seed.get('/api/models/fraud'));
    expect(model).toMatchObject({
      id: 'fraud',
      price: '0.50',
      page: expect.stringMatching(/\/v1\/models\/fraud$/),
    });
    expect((await seedErrorOf(await gateway.get('/api/models/nobody'))).reason).toBe('UNKNOWN_MODEL');
  });
});

describe('verify-proof', () => {
  const circuit = async () => {
    const { circuit } = modelDetail.parse(await seed.get('/v1/models/digits-int'));
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
    expect((await seedErrorOf(await verify({ vkDigest, proof, publicSignals: [] }))).code).toBe(404);
    const brought = { vkDigest, proof, publicSignals: [], verificationKey: {} };
    expect((await seedErrorOf(await verify(brought))).code).toBe(422);
    const many = { vkDigest, proof, publicSignals: Array.from({ length: 4_097 }, () => '0') };
    expect((await seedErrorOf(await verify(many))).code).toBe(422);
  });
});

it.each(['/health', '/api/health'])('%s says whether requests are taken', async (path) => {
  const response = await gateway.get(path);
  expect(response.status).toBe(200);
  expect(seedHealth.parse(await response.json())).toMatchObject({ status: 'healthy' });
});
