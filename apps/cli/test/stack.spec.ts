import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { InferAnswer } from '@touchstone/contracts/http/inference-gateway';
import { AppError, meshCaller } from '@touchstone/contracts';
import { findOpenssl, STACK_NODE, type RunningStack } from '@touchstone/embedded';
import { readTrustFile, verifyEvidence } from '@touchstone/evidence';
import { connectMesh, RpcClient } from '@touchstone/nats';
import {
  alteredDocuments,
  pythonWithCryptography,
  verifyIndependently,
  type IndependentReport,
} from '@touchstone/testing';
import { checkout } from '../src/stack/run-stack.js';
import { heldOutDigits, infer, type Digit } from '../src/demo/digits.js';
import { balanceOf, chainOf } from '../src/stack/chain.js';
import { anchoredEvidence, anchorNetworks } from '../src/stack/evidence.js';
import { exportTrust, trustText } from '../src/stack/export-trust.js';
import { createPayer, developmentPayer, PAYMENT_HEADER, type Payer } from '../src/stack/payer.js';
import { touchstone } from './support/touchstone.js';
import { startTestStack } from './support/test-stack.js';
import { removeState } from './support/remove-state.js';

const GATEWAY = meshCaller('inference-gateway', STACK_NODE);
const START_TIMEOUT_MS = 120_000;

let stateDir: string;
let stack: RunningStack;
let payer: Payer;
let digits: Digit[];
let url: string;

beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'touchstone-stack-'));
  stack = await startTestStack(stateDir);
  payer = createPayer(stack.description, developmentPayer(stateDir));
  digits = await heldOutDigits(checkout, 10);
  url = `${stack.description.urls['inference-gateway']}/v1/models/digits/infer`;
}, START_TIMEOUT_MS);

afterAll(async () => {
  await stack?.stop();
  removeState(stateDir);
}, START_TIMEOUT_MS);

const balance = () => balanceOf(chainOf(stack.description), stack.description, payer.account.address);
const digit = (index: number): Digit => digits[index] as Digit;

/** Where one of two anchors is false the other still carries the label, so that each of them has to hold. */
function isWhole({ label, steps }: IndependentReport): boolean {
  const isHeld = ({ step, status }: IndependentReport['steps'][number]) =>
    status === 'pass' || (step !== 'anchor' && status !== 'fail');
  return label === 'L2-test' && steps.every(isHeld);
}

/** The same evidence through the verifier that shares no code with ours: it passes, and no alteration does. */
function checkIndependently(evidence: string, trust: string, alterations = 50): void {
  const python = pythonWithCryptography();
  if (python === undefined) return;
  const altered = alteredDocuments(evidence, alterations);
  const files = [evidence, ...altered.map(({ text }) => text)].map((text, index) => {
    const file = join(stateDir, `evidence-${index}.json`);
    writeFileSync(file, text);
    return file;
  });
  writeFileSync(join(stateDir, 'trust.json'), trust);
  const options = ['--trust', join(stateDir, 'trust.json')];
  const { reports } = verifyIndependently(python, files, options);
  expect(reports.map(isWhole)).toEqual([true, ...altered.map(() => false)]);
  expect(altered).toHaveLength(alterations);
}

/** What openssl is given is accepted, and no more so when one byte of it is another. */
async function checkExport(evidence: string, trust: string): Promise<void> {
  const openssl = findOpenssl();
  if (openssl === undefined) return;
  const [evidenceFile, trustFile] = [join(stateDir, 'bundle.json'), join(stateDir, 'bundle-trust.json')];
  writeFileSync(evidenceFile, evidence);
  writeFileSync(trustFile, trust);
  const out = join(stateDir, 'token');
  const args = ['export', evidenceFile, '--as', 'token', '--trust', trustFile, '--out', out, '--json'];
  const exported = await touchstone(args);
  expect(exported).toMatchObject({ status: 0, stderr: '' });
  const { command } = JSON.parse(exported.stdout) as { command: string[] };
  const verify = () => spawnSync(openssl.path, command.slice(1), { cwd: out, encoding: 'utf8' });
  expect(verify().stdout).toContain('Verification: OK');
  const stamped = join(out, 'stamped.txt');
  writeFileSync(stamped, readFileSync(stamped, 'utf8').replace('touchstone', 'Touchstone'));
  expect(verify().stdout).toContain('Verification: FAILED');
  expect(await touchstone(args)).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('exists already'),
  });
}

describe('a paid inference in the whole stack', () => {
  it('becomes evidence that verifies offline', async () => {
    const before = await balance();
    const response = await infer(payer.fetch, url, digit(0).body);
    expect(response.status).toBe(200);
    const answer = (await response.json()) as InferAnswer;
    expect(answer.prediction?.label).toBe(String(digit(0).label));
    expect(before - (await balance())).toBe(10_000n);
    const networks = anchorNetworks(stack.description);
    const evidence = await anchoredEvidence(stack.description, answer.verificationId, 60_000, networks);
    const trust = trustText(await exportTrust(stack.description));
    const report = verifyEvidence(evidence, { trust: readTrustFile(trust), nowMs: Date.now() });
    expect(report.steps.filter(({ status }) => status === 'fail')).toEqual([]);
    expect(report).toMatchObject({ result: 'VALID', label: 'L2-test' });
    const anchors = report.steps.filter(({ name }) => name === 'anchor');
    expect(anchors.map(({ status }) => status)).toEqual(networks.map(() => 'pass'));
    checkIndependently(evidence, trust);
    await checkExport(evidence, trust);
  }, 90_000);

  it('runs the model once for five copies of one payment at once, and charges once', async () => {
    const paid = await infer(payer.fetch, url, digit(1).body);
    await paid.text();
    const before = await balance();
    // A new payment, signed once and sent five times before it was ever settled.
    const asked = await infer(fetch, url, digit(2).body);
    const header = await signFor(asked);
    const copies = await Promise.all(
      Array.from({ length: 5 }, () => infer(fetch, url, digit(2).body, { [PAYMENT_HEADER]: header })),
    );
    const statuses = copies.map(({ status }) => status).sort();
    const answers = await Promise.all(
      copies.filter(({ status }) => status === 200).map((copy) => copy.text()),
    );
    expect(statuses.every((status) => status === 200 || status === 409)).toBe(true);
    expect(new Set(answers).size).toBe(1);
    expect(before - (await balance())).toBe(10_000n);
    const replay = await infer(fetch, url, digit(2).body, { [PAYMENT_HEADER]: header });
    expect(await replay.text()).toBe(answers[0]);
  });

  it('refuses a payment that belongs to another request', async () => {
    await (await infer(payer.fetch, url, digit(3).body)).text();
    const before = await balance();
    const stolen = await infer(fetch, url, digit(4).body, { [PAYMENT_HEADER]: payer.lastPayment() ?? '' });
    expect(stolen.status).toBe(409);
    expect(await stolen.json()).toMatchObject({ code: 'payment-bound-to-other-request' });
    expect(await balance()).toBe(before);
  });
});

describe('a batch of events that is submitted', () => {
  const events = ['a', 'b', 'c'].map((id) => ({ id: `door-${id}`, open: id === 'b', salt: id.repeat(22) }));
  const submit = (args: readonly string[], given: readonly object[] = events, env = {}) =>
    touchstone(['submit-batch', '--events', '-', '--state', stateDir, ...args], {
      stdin: given.map((event) => JSON.stringify(event)).join('\n'),
      env,
    });

  it.each(['event-batch-v1', 'event-batch-v2'])(
    'as %s becomes evidence that both verifiers take, and take no alteration of',
    async (format) => {
      const out = join(stateDir, `events-${format}`);
      const { status, stdout, stderr } = await submit(['--format', format, '--out', out, '--json']);
      expect([status, stderr]).toEqual([0, '']);
      const { files, events: placed } = JSON.parse(stdout) as { files: string[]; events: { id: string }[] };
      expect(placed.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
      const evidence = readFileSync(files[1] as string, 'utf8');
      const trust = trustText(await exportTrust(stack.description));
      const report = verifyEvidence(evidence, { trust: readTrustFile(trust), nowMs: Date.now() });
      expect(report).toMatchObject({ result: 'VALID', label: 'L2-test', subject: { eventId: 'door-b' } });
      checkIndependently(evidence, trust, 25);
      const trustFile = join(stateDir, 'trust-of-events.json');
      writeFileSync(trustFile, trust);
      const verified = await touchstone(['verify', files[2] as string, '--trust', trustFile, '--json']);
      expect(JSON.parse(verified.stdout)).toMatchObject({ label: 'L2-test', subject: { eventId: 'door-c' } });
    },
    90_000,
  );

  it('is refused with the reason and the place', async () => {
    expect(await submit([], [...events, events[0] as object])).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('/events/3: duplicate-leaf'),
    });
    expect(await submit([], [])).toMatchObject({ status: 1, stdout: expect.stringContaining('no-events') });
    const stranger = await submit([], events, { TOUCHSTONE_BATCH_TOKEN: 'x'.repeat(40) });
    expect(stranger).toMatchObject({ status: 4, stderr: expect.stringContaining('unauthenticated') });
    const elsewhere = await submit(['--url', 'http://127.0.0.1:1']);
    expect(elsewhere).toMatchObject({ status: 5, stderr: expect.stringContaining('TOUCHSTONE_BATCH_TOKEN') });
  });
});

describe('the trust file of the operator', () => {
  it('calls the development chain and the own authority tests and lists no independent source of time', async () => {
    const { chains, tsas, independent } = await exportTrust(stack.description);
    expect(chains).toMatchObject([{ network: 'eip155:84532', test: true }]);
    const authorities = findOpenssl() ? [{ network: 'tsa:touchstone-development', test: true }] : [];
    expect(tsas).toMatchObject(authorities);
    expect(independent).toEqual([]);
  });
});

describe('the gateway holds no key', () => {
  it('neither in its environment nor in an open file', () => {
    const pid = stack.pids()['inference-gateway'] ?? 0;
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
    const own = new Set(['inference-gateway.env', `${GATEWAY}.env`]);
    const secrets = readdirSync(join(stateDir, 'secrets'))
      .filter((name) => !own.has(name))
      .flatMap((name) => [
        ...readFileSync(join(stateDir, 'secrets', name), 'utf8').matchAll(/=([0-9a-f]{64})$/gm),
      ])
      .map(([, value]) => value as string);
    expect(secrets.length).toBeGreaterThan(8);
    for (const secret of secrets) expect(environment.includes(secret)).toBe(false);
    expect(environment).not.toMatch(/(_KEY_HEX|_SEED_HEX|SIGNER_TOKENS)=/);
    const files = readdirSync(`/proc/${pid}/fd`).map((descriptor) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${descriptor}`);
      } catch {
        return '';
      }
    });
    expect(files.filter((file) => file.includes('/secrets/'))).toEqual([]);
  });

  it('and its NATS user is refused on checkpoints and transactions', async () => {
    const { user, password } = stack.natsLogin(GATEWAY);
    const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const mesh = await connectMesh({
      url: stack.description.nats.url,
      user,
      password,
      service: GATEWAY,
      logger: silent,
    });
    const client = new RpcClient({ nc: mesh.nc, caller: GATEWAY });
    const checkpoint = {
      origin: 'x',
      size: '1',
      root: '00'.repeat(32),
      consistency: { fromSize: '0', proof: [] },
    };
    await expect(client.call('signer', 'sign-checkpoint', checkpoint)).rejects.toMatchObject({
      code: 'forbidden',
    });
    const transaction = {
      chainId: 1,
      nonce: 0,
      to: `0x${'00'.repeat(20)}`,
      value: '0',
      data: '0x',
      gas: '1',
      maxFeePerGas: '1',
      maxPriorityFeePerGas: '1',
    };
    const signing = client.call('signer', 'sign-transaction', { key: 'settlement', transaction });
    await expect(signing).rejects.toBeInstanceOf(AppError);
    await expect(signing).rejects.toMatchObject({ code: 'forbidden' });
    await mesh.close();
  });
});

/** Signs a payment for what a 402 asked, without sending it. */
async function signFor(asked: Response): Promise<string> {
  const { decodePaymentRequiredHeader } = await import('@x402/core/http');
  return payer.payment(decodePaymentRequiredHeader(asked.headers.get('payment-required') ?? ''));
}
