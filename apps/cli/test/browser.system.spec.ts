import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunningStack } from '@touchstone/embedded';
import { available, CHROMIUM_FLAGS, CHROMIUM_REMEDY, findChromium } from '@touchstone/testing';
import { chromium, type Browser, type Page } from 'playwright-core';
import { readSecret } from '../src/stack/read-secret.js';
import { bundleForPages, startPageServer, type PageServer } from './support/page-server.js';
import { removeState } from './support/remove-state.js';
import { startTestStack } from './support/test-stack.js';

const START_TIMEOUT_MS = 120_000;
const OVERSIZED_CHARACTERS = 1_100_000;
const documentation = fileURLToPath(new URL('../../../docs/browsers.md', import.meta.url));
const folder = fileURLToPath(new URL('..', import.meta.url));

/** The snippet of docs/browsers.md, and a wallet of a browser (EIP-1193) with the payer's key in it. */
const pageModule = `${/^```js page\n([\s\S]*?)^```$/m.exec(readFileSync(documentation, 'utf8'))?.[1] ?? ''}
import { privateKeyToAccount } from 'viem/accounts';
export function walletOf(key) {
  const account = privateKeyToAccount(key);
  return {
    request: async ({ method, params }) => {
      if (method === 'eth_requestAccounts') return [account.address];
      if (method === 'eth_signTypedData_v4') return account.signTypedData(JSON.parse(params[1]));
      throw new Error('This wallet does not know ' + method);
    },
  };
}
/** What a page gets to see of an answer. */
export async function see(url, init) {
  const response = await fetch(url, init);
  const text = await response.text();
  const names = ['payment-required', 'payment-response', 'idempotent-replayed', 'retry-after', 'location'];
  const headers = Object.fromEntries(names.map((name) => [name, response.headers.get(name)]));
  return { status: response.status, code: text.startsWith('{') ? JSON.parse(text).code : undefined, text, headers };
}
`;

interface Seen {
  readonly status: number;
  readonly code?: string;
  readonly text: string;
  readonly headers: Readonly<Record<string, string | null>>;
}

interface Asked {
  readonly status: number;
  readonly answer: { readonly verificationId: string; readonly links: Readonly<Record<string, string>> };
  readonly receipt: Readonly<Record<string, unknown>> | null;
  readonly payment: string | null;
}

const question = { text: 'profits soar' };
const program = findChromium();
const present = available(program !== undefined, CHROMIUM_REMEDY);

(present ? describe : describe.skip)('a page in Chromium', () => {
  let stateDir: string;
  let shop: PageServer;
  let stranger: PageServer;
  let stack: RunningStack;
  let browser: Browser;
  let page: Page;
  let paid: Asked;

  beforeAll(async () => {
    [shop, stranger] = await Promise.all([startPageServer(), startPageServer()]);
    stateDir = join(mkdtempSync(join(tmpdir(), 'touchstone-browser-')), '.touchstone');
    stack = await startTestStack(stateDir, {
      environment: { ...process.env, TOUCHSTONE_CORS_ORIGINS: shop.origin },
    });
    const script = await bundleForPages(pageModule, 'touchstone', folder);
    for (const server of [shop, stranger]) server.serve(script);
    // A fresh profile in a folder of its own, which goes with the browser.
    browser = await chromium.launch({ executablePath: program ?? '', args: [...CHROMIUM_FLAGS] });
    page = await open(shop);
  }, START_TIMEOUT_MS);

  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
    await Promise.all([shop, stranger].map((server) => server?.stop()));
    if (stateDir) removeState(stateDir);
  }, START_TIMEOUT_MS);

  async function open(server: PageServer): Promise<Page> {
    const opened = await (await browser.newContext()).newPage();
    await opened.goto(server.origin);
    return opened;
  }

  /** Runs code in a page, where `touchstone` is the module above and `input` what is given here. */
  const run = <T>(code: string, input: object, where = page): Promise<T> =>
    where.evaluate(`(async (input) => { ${code} })(${JSON.stringify(input)})`);
  const see = (url: string, init: object = {}, where = page): Promise<Seen> =>
    run('return touchstone.see(input.url, input.init);', { url, init }, where);
  const ask = (where = page): Promise<Asked> =>
    run(
      `const account = await touchstone.accountOf(touchstone.walletOf(input.key));
       return touchstone.ask(input.gateway, 'financial-sentiment', input.question, account);`,
      {
        key: `0x${readSecret(stateDir, 'payer', 'TOUCHSTONE_PAYER_KEY_HEX')}`,
        gateway: stack.description.urls['inference-gateway'],
        question,
      },
      where,
    );
  const urlOf = (service: keyof typeof stack.description.urls, path: string) =>
    `${stack.description.urls[service]}${path}`;
  const inferUrl = () => urlOf('inference-gateway', '/v1/models/financial-sentiment/infer');
  const post = (body: unknown, headers: Record<string, string> = {}) => ({
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

  it('of a listed origin pays with the unmodified client, and reads the answer and its receipt', async () => {
    paid = await ask();
    expect(paid.status).toBe(200);
    expect(paid.answer).toMatchObject({
      verificationId: expect.any(String),
      prediction: { index: expect.any(Number) },
    });
    expect(paid.receipt).toMatchObject({
      success: true,
      transaction: expect.stringMatching(/^0x[0-9a-f]{64}$/),
    });
    expect(paid.payment).toEqual(expect.any(String));
  });

  it('gets the stored answer for the same payment again, and reads that it is one', async () => {
    const again = await see(inferUrl(), post(question, { 'PAYMENT-SIGNATURE': paid.payment ?? '' }));
    expect(again.status).toBe(200);
    expect(again.headers).toMatchObject({
      'idempotent-replayed': 'true',
      'payment-response': expect.any(String),
    });
    expect(JSON.parse(again.text)).toEqual(paid.answer);
  });

  it('reads the challenge of a 402', async () => {
    const { status, code, headers } = await see(inferUrl(), post(question));
    expect([status, code]).toEqual([402, 'payment-required']);
    const challenge = Buffer.from(headers['payment-required'] ?? '', 'base64').toString();
    expect(JSON.parse(challenge)).toMatchObject({ x402Version: 2, accepts: [{ scheme: 'exact' }] });
  });

  it('reads what is wrong with a payment of version 1, and with one that is none', async () => {
    expect(await see(inferUrl(), post(question, { 'X-PAYMENT': 'e30=' }))).toMatchObject({
      status: 400,
      headers: { 'payment-required': expect.any(String) },
    });
    expect(await see(inferUrl(), post(question, { 'PAYMENT-SIGNATURE': 'e30=' }))).toMatchObject({
      status: 400,
      code: 'payment-malformed',
    });
  });

  it('reads the refusal of a payment that belongs to another request', async () => {
    const other = post({ text: 'profits fall' }, { 'PAYMENT-SIGNATURE': paid.payment ?? '' });
    expect(await see(inferUrl(), other)).toMatchObject({
      status: 409,
      code: 'payment-bound-to-other-request',
    });
  });

  it('reads the refusal of a body that is too large', async () => {
    const large = post(JSON.stringify({ text: 'x'.repeat(OVERSIZED_CHARACTERS) }));
    expect(await see(inferUrl(), large)).toMatchObject({ status: 413, code: 'body-too-large' });
  });

  it('reads models, the verification, its evidence and what the facilitator serves', async () => {
    const { verification = '', evidence = '' } = paid.answer.links;
    expect((await see(urlOf('inference-gateway', '/v1/models'))).status).toBe(200);
    expect((await see(verification)).status).toBe(200);
    expect([200, 202]).toContain((await see(evidence)).status);
    expect((await see(urlOf('payment-verifier', '/supported'))).status).toBe(200);
    expect(await see(urlOf('payment-verifier', '/verify'), post({}))).toMatchObject({
      status: 400,
      code: 'payment-malformed',
    });
  });

  it.each([
    ['settles nothing', 'payment-verifier', '/settle', 'POST'],
    ['adds no model', 'inference-gateway', '/v1/models', 'POST'],
    ['retires no model', 'inference-gateway', '/v1/models/digits', 'DELETE'],
    ['reads no node', 'attestation-hub', '/v1/nodes', 'GET'],
    ['reads no state of a payment', 'payment-verifier', `/v1/payments/x`, 'GET'],
  ] as const)('%s, which is not for pages', async (_what, service, path, method) => {
    const body = method === 'POST' ? '{}' : undefined;
    await expect(see(urlOf(service, path), { method, body })).rejects.toThrow('Failed to fetch');
  });

  it('of an origin that is not listed reads nothing and cannot pay', async () => {
    const other = await open(stranger);
    const reads = [
      inferUrl(),
      urlOf('inference-gateway', '/v1/models'),
      urlOf('proof-service', '/checkpoint'),
    ];
    for (const url of reads) await expect(see(url, {}, other)).rejects.toThrow('Failed to fetch');
    await expect(see(inferUrl(), post(question), other)).rejects.toThrow('Failed to fetch');
    await expect(ask(other)).rejects.toThrow('Failed to fetch');
  });
});
