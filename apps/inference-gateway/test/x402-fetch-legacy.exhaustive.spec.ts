import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { available } from '@touchstone/testing';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GatewayFixture, PAY_TO, type Gateway } from './support/gateway-fixture.js';
import { digitsBody } from './support/paid-requests.js';

const run = promisify(execFile);

/** The last client of version 1; with 440 packages it is kept outside of the lock and installed once. */
const CLIENT = 'x402-fetch';
const VERSION = '1.2.0';
const INSTALL_TIMEOUT_MS = 600_000;

const folder = join(
  process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
  'touchstone',
  `${CLIENT}-${VERSION}`,
);

const manifest = {
  private: true,
  type: 'module',
  dependencies: { [CLIENT]: VERSION, viem: '2.57.1' },
  overrides: { viem: '2.57.1' },
};

/** Pays as its documentation says, with a key of its own. */
const payer = `
import { decodeXPaymentResponse, wrapFetchWithPayment } from '${CLIENT}';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
const [url, body] = process.argv.slice(2);
const account = privateKeyToAccount(generatePrivateKey());
const paying = wrapFetchWithPayment(fetch, account, 20_000n);
const response = await paying(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
const header = response.headers.get('x-payment-response');
const settled = header && decodeXPaymentResponse(header);
process.stdout.write(JSON.stringify({ status: response.status, settled, answer: await response.json() }));
`;

/** @returns undefined once the client is there, else why it is not */
async function install(): Promise<string | undefined> {
  if (!existsSync(join(folder, 'node_modules', CLIENT, 'package.json'))) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];
    try {
      await run('npm', ['install', ...flags], { cwd: folder, timeout: INSTALL_TIMEOUT_MS });
    } catch (error) {
      return `${CLIENT} ${VERSION} cannot be installed: ${String(error).slice(0, 300)}`;
    }
  }
  writeFileSync(join(folder, 'pay.mjs'), payer);
  return undefined;
}

describe(`${CLIENT} ${VERSION}, which knows version 1 alone`, () => {
  let fixture: GatewayFixture;
  let gateway: Gateway;
  let missing: string | undefined;
  beforeAll(async () => {
    missing = await install();
    fixture = await GatewayFixture.create();
    gateway = await fixture.start({ TOUCHSTONE_PAYMENT_MODE: 'x402' });
  }, INSTALL_TIMEOUT_MS + 60_000);
  afterAll(() => fixture?.close());

  it('pays for an answer', async () => {
    if (!available(missing === undefined, String(missing))) return;
    const url = `${gateway.url}/v1/models/digits/infer`;
    const { stdout } = await run(process.execPath, ['pay.mjs', url, JSON.stringify(digitsBody)], {
      cwd: folder,
    });
    const paid = JSON.parse(stdout) as { status: number; settled: object; answer: { payment: object } };
    expect(paid).toMatchObject({
      status: 200,
      settled: { success: true, network: 'base' },
      answer: { payment: { payTo: PAY_TO, amount: '10000', network: 'eip155:8453' } },
    });
    expect(fixture.payments.transfers).toBe(1);
  }, 120_000);
});
