import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { InferAnswer } from '@touchstone/contracts/http/inference-gateway';
import { seedPaidByTransaction } from '@touchstone/contracts/http/seed-records';
import type { RunningStack } from '@touchstone/embedded';
import { readTrustFile, verifyEvidence } from '@touchstone/evidence';
import { pythonWithCryptography, verifyIndependently } from '@touchstone/testing';
import { heldOutDigits } from '../src/demo/digits.js';
import { balanceOf, chainOf } from '../src/stack/chain.js';
import { exportTrust, trustText } from '../src/stack/export-trust.js';
import { developmentPayer } from '../src/stack/payer.js';
import { checkout } from '../src/stack/run-stack.js';
import { removeState } from './support/remove-state.js';
import { startTestStack } from './support/test-stack.js';
import { touchstone } from './support/touchstone.js';

const START_TIMEOUT_MS = 120_000;

let stateDir: string;
let stack: RunningStack;
beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'touchstone-transfer-'));
  stack = await startTestStack(stateDir);
}, START_TIMEOUT_MS);
afterAll(async () => {
  await stack?.stop();
  removeState(stateDir);
}, START_TIMEOUT_MS);

const path = (name: string): string => join(stateDir, name);
const balance = () =>
  balanceOf(chainOf(stack.description), stack.description, developmentPayer(stateDir).address);

describe('touchstone infer --pay --by transfer', () => {
  it('pays by a transfer of its own, and the evidence of the answer verifies in both verifiers', async () => {
    const [digit] = await heldOutDigits(checkout, 1);
    writeFileSync(path('digit.json'), digit?.body ?? '');
    const before = await balance();
    const ended = await touchstone([
      ...['infer', 'digits', '--input', path('digit.json'), '--pay', '--by', 'transfer', '--json'],
      ...['--evidence', path('evidence.json'), '--state', stateDir],
    ]);
    expect(ended).toMatchObject({ status: 0 });
    const answer = JSON.parse(ended.stdout) as InferAnswer;
    expect(before - (await balance())).toBe(10_000n);
    expect(answer.context.payment).toMatchObject({
      payer: developmentPayer(stateDir).address.toLowerCase(),
      amount: '10000',
      txHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      logIndex: expect.any(Number),
    });
    const evidence = readFileSync(path('evidence.json'), 'utf8');
    const trust = trustText(await exportTrust(stack.description));
    const report = verifyEvidence(evidence, { trust: readTrustFile(trust), nowMs: Date.now() });
    expect(report).toMatchObject({ result: 'VALID', label: 'L2-test' });
    expect(report.steps.find(({ name }) => name === 'payment')?.status).toBe('pass');
    const { txHash } = answer.context.payment as { txHash: string };
    const other = evidence.replaceAll(txHash, `${txHash.slice(0, -1)}${txHash.endsWith('0') ? '1' : '0'}`);
    expect(verifyEvidence(other, { trust: readTrustFile(trust), nowMs: Date.now() }).result).toBe('INVALID');
    const python = pythonWithCryptography();
    if (python === undefined) return;
    writeFileSync(path('trust.json'), trust);
    writeFileSync(path('other.json'), other);
    const files = [path('evidence.json'), path('other.json')];
    const { reports } = verifyIndependently(python, files, ['--trust', path('trust.json')]);
    expect(reports.map(({ label }) => label)).toEqual(['L2-test', expect.not.stringContaining('L2')]);
    expect(reports[0]?.steps.find(({ step }) => step === 'payment')?.status).toBe('pass');
  }, 120_000);

  it('is looked up by its payer, who is told the id', async () => {
    const sent = await touchstone([
      ...['infer', 'digits', '--input', path('digit.json'), '--pay', '--by', 'transfer', '--json'],
      ...['--state', stateDir],
    ]);
    const { verificationId, context } = JSON.parse(sent.stdout) as InferAnswer;
    const { txHash } = context.payment as { txHash: string };
    const ended = await touchstone(['paid', `0x${txHash}`, '--json', '--state', stateDir]);
    expect(ended).toMatchObject({ status: 0, stderr: '' });
    const { verifications } = seedPaidByTransaction.parse(JSON.parse(ended.stdout));
    expect(verifications).toMatchObject([{ verificationId, status: 'success', model: { id: 'digits' } }]);
    expect((await touchstone(['paid', `0x${txHash}`, '--state', stateDir])).stdout).toMatch(
      new RegExp(`^verification\\s+${verificationId}\nmodel\\s+digits\n[^]*paid\\s+0.01 USDC`),
    );
    expect(await touchstone(['paid', `0x${'00'.repeat(32)}`, '--state', stateDir])).toMatchObject({
      ...{ status: 4, stdout: '' },
      stderr: expect.stringContaining('paid for nothing here'),
    });
    expect(await touchstone(['paid', txHash, '--state', stateDir])).toMatchObject({ status: 2, stdout: '' });
  }, 120_000);

  it('refuses to pay more than was allowed, and --by without --pay', async () => {
    const before = await balance();
    const ask = ['infer', 'digits', '--input', path('digit.json'), '--state', stateDir];
    expect(await touchstone([...ask, '--pay', '--by', 'transfer', '--max', '0.009999'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('more than'),
    });
    expect(await touchstone([...ask, '--by', 'transfer'])).toMatchObject({ status: 2 });
    expect(await balance()).toBe(before);
  }, 60_000);
});
