import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inferAnswer, modelDetail } from '@touchstone/contracts/http/inference-gateway';
import { revenueAnswer } from '@touchstone/contracts/http/developers';
import { seedError, seedInferAnswer, type SeedInferAnswer } from '@touchstone/contracts/http/seed';
import { seedPaidByTransaction, seedVerification } from '@touchstone/contracts/http/seed-records';
import type { RunningStack } from '@touchstone/embedded';
import { waitUntil } from '@touchstone/testing';
import { decodePaymentRequiredHeader } from '@x402/core/http';
import { randomBytes } from 'node:crypto';
import type { Hex } from 'viem';
import { balanceOf, chainOf } from '../src/stack/chain.js';
import { createPayer, developmentPayer } from '../src/stack/payer.js';
import { checkout } from '../src/stack/run-stack.js';
import { claimHeader, readTransferOffer, TRANSFER_HEADER, transferTokens } from '../src/stack/transfer.js';
import { removeState } from './support/remove-state.js';
import { startTestStack } from './support/test-stack.js';
import { touchstone } from './support/touchstone.js';

const START_TIMEOUT_MS = 120_000;
const headers = { 'content-type': 'application/json' };
const news = [
  'Bitcoin rallies to a record high as inflows surge',
  'Exchange hacked, withdrawals halted',
  'Ethereum upgrade goes live without a hitch',
  'Regulator sues a lender over fraud',
  'The committee meets on Tuesday',
  'Stablecoin loses its peg, panic selling follows',
  'Institutional adoption grows, prices soar',
  'Miners capitulate after the crash',
  'A conference takes place in Lisbon',
  'Partnership announced, token gains strength',
];

let stateDir: string;
let stack: RunningStack;
beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'touchstone-acceptance-'));
  stack = await startTestStack(stateDir);
}, START_TIMEOUT_MS);
afterAll(async () => {
  await stack?.stop();
  removeState(stateDir);
}, START_TIMEOUT_MS);

const gateway = () => stack.description.urls['inference-gateway'] ?? '';
const path = (name: string): string => join(stateDir, name);
const get = async (target: string, token?: string): Promise<unknown> => {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return (await fetch(`${gateway()}${target}`, { headers: authorization })).json();
};
const cli = async (...args: string[]): Promise<unknown> => {
  const ended = await touchstone([...args, '--json', '--state', stateDir]);
  if (ended.status !== 0) throw new Error(`${args.join(' ')}: ${ended.stderr}`);
  return JSON.parse(ended.stdout) as unknown;
};

/** Asks what a question costs, transfers that much, and asks again with hash and claim: the user's flow. */
async function askByTransfer(model: string, inputs: unknown): Promise<SeedInferAnswer> {
  const { description } = stack;
  const account = developmentPayer(stateDir);
  const target = `/infer/${model}`;
  const post = (body: string, more = {}) =>
    fetch(`${gateway()}${target}`, { method: 'POST', headers: { ...headers, ...more }, body });
  const { payment } = seedError.parse(await (await post(JSON.stringify({ inputs }))).json());
  if (payment === undefined) throw new Error('Nothing is to be paid.');
  const asked = { asset: payment.asset, payTo: payment.recipient };
  const amount = BigInt(Math.round(Number(payment.amount) * 1e6)).toString();
  const receipt = await transferTokens(description, account, { ...asked, amount }, 3);
  const body = JSON.stringify({ inputs, paymentTxHash: receipt.transactionHash });
  const unclaimed = await post(body);
  expect(unclaimed.status).toBe(402);
  const required = decodePaymentRequiredHeader(unclaimed.headers.get('payment-required') ?? '');
  const { modelVersionId } = modelDetail.parse(await get(`/v1/models/${model}`));
  const paidFor = { method: 'POST', target, body: new TextEncoder().encode(body), modelVersionId };
  const { digest } = readTransferOffer(required, paidFor);
  const claim = await claimHeader(description, account, asked, receipt, digest);
  const response = await post(body, { [TRANSFER_HEADER]: claim });
  expect([response.status, await response.clone().text()]).toEqual([200, expect.any(String)]);
  const answer = seedInferAnswer.parse(await response.json());
  expect(answer.payment?.txHash).toBe(receipt.transactionHash);
  return answer;
}

/** Three cases of a sample model, as it answers them now. */
async function casesOf(model: string, rows: readonly number[][]): Promise<string> {
  const { inputs } = modelDetail.parse(await get(`/v1/models/${model}`));
  const [spec] = inputs;
  const payer = createPayer(stack.description, developmentPayer(stateDir));
  const cases = [];
  for (const data of rows) {
    const tensors = [{ name: spec?.name, datatype: spec?.datatype, shape: spec?.shape, data }];
    const body = JSON.stringify({ inputs: tensors });
    const url = `${gateway()}/v1/models/${model}/infer`;
    const { outputs } = inferAnswer.parse(
      await (await payer.fetch(url, { method: 'POST', headers, body })).json(),
    );
    cases.push({ inputs: tensors, outputs });
  }
  return JSON.stringify(cases);
}

describe('the acceptance of the first version (R-INFER-1, R-INFER-4, R-INFER-7, R-PAY-1)', () => {
  const answers: SeedInferAnswer[] = [];

  it('ten answers of crypto-sentiment-v2 are paid by real transfers: 2.50 USDC are received', async () => {
    const { payment } = seedError.parse(
      await (
        await fetch(`${gateway()}/infer/crypto-sentiment-v2`, {
          ...{ method: 'POST', headers, body: JSON.stringify({ inputs: 'a question' }) },
        })
      ).json(),
    );
    const received = () =>
      balanceOf(chainOf(stack.description), stack.description, payment?.recipient as Hex);
    const before = await received();
    for (const text of news) answers.push(await askByTransfer('crypto-sentiment-v2', text));
    expect((await received()) - before).toBe(2_500_000n);
    const labels = answers.map(({ inference }) => inference.prediction?.label);
    expect(new Set(labels)).toEqual(new Set(['bullish', 'bearish', 'neutral']));
    expect(new Set(answers.map(({ verificationId }) => verificationId)).size).toBe(news.length);
  }, 240_000);

  it('each is found by its id, and by the hash of its transfer', async () => {
    for (const { verificationId, payment } of answers) {
      const found = seedVerification.parse(await get(`/api/verifications/${verificationId}`));
      expect(found).toMatchObject({
        status: 'success',
        payment: { txHash: payment?.txHash, amount: '0.25' },
      });
      const paid = seedPaidByTransaction.parse(await get(`/api/verifications/tx/${payment?.txHash}`));
      expect(paid.verifications).toMatchObject([{ status: 'success', model: { id: 'crypto-sentiment-v2' } }]);
    }
  }, 60_000);

  it('two submissions of developers are accepted, answer, and earn', async () => {
    const digits = Array.from({ length: 3 }, (_, row) =>
      Array.from({ length: 64 }, (_, at) => (at * row) % 17),
    );
    const cells = Array.from({ length: 3 }, (_, row) => Array.from({ length: 30 }, (_, at) => row + at / 10));
    const models = [
      { name: 'their-digits', of: 'digits', rows: digits },
      { name: 'their-cells', of: 'breast-cancer', rows: cells },
    ];
    for (const { name, of, rows } of models) {
      writeFileSync(path('developer.key'), randomBytes(32).toString('hex'), { mode: 0o600 });
      writeFileSync(path('cases.json'), await casesOf(of, rows));
      const manifest = {
        name,
        description: `What ${of} does.`,
        licence: 'Apache-2.0',
        priceAtomic: '100000',
      };
      writeFileSync(path('manifest.json'), JSON.stringify(manifest));
      const { id } = (await cli(
        ...['models', 'submit', join(checkout, 'models', of, 'model.onnx'), '--agree'],
        ...['--manifest', path('manifest.json'), '--test-cases', path('cases.json')],
        ...['--key-file', path('developer.key')],
      )) as { id: string };
      const state = async () => ((await cli('models', 'review', 'show', id)) as { state: string }).state;
      await waitUntil(async () => (await state()) === 'awaiting-review', 60_000, 'the validation');
      await cli('models', 'review', 'approve', id, '--reason', 'tried');
      const answer = await askByTransfer(name, rows[1]);
      expect(answer.payment?.amount).toBe('0.10');
      const { key } = (await cli(
        ...['models', 'key', '--key-file', path('developer.key'), '--label', 'acceptance'],
      )) as { key: string };
      const earned = async () => revenueAnswer.parse(await get('/v1/developers/me/revenue', key));
      await waitUntil(async () => (await earned()).totals.calls === 1, 20_000, 'the count of the call');
      expect((await earned()).totals).toMatchObject({
        chargedAtomic: '100000',
        developerShareAtomic: '70000',
      });
    }
  }, 240_000);
});
