import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  inferAnswer,
  proofAnswer,
  proofOffer,
  type InferAnswer,
} from '@touchstone/contracts/http/inference-gateway';
import type { RunningStack } from '@touchstone/embedded';
import { verifyEvidence, type TrustFile } from '@touchstone/evidence';
import { heldOutDigits, infer } from '../src/demo/digits.js';
import { exportTrust, trustText } from '../src/stack/export-trust.js';
import { createPayer, developmentPayer } from '../src/stack/payer.js';
import { offeredProof } from '../src/stack/proofs.js';
import { checkout } from '../src/stack/run-stack.js';
import { proverScript } from '../src/zk/built-in-prover.js';
import { removeState } from './support/remove-state.js';
import { startTestStack } from './support/test-stack.js';
import { touchstone } from './support/touchstone.js';

const START_TIMEOUT_MS = 120_000;
const PROVER_TIMEOUT_MS = 120_000;

let stateDir: string;
let stack: RunningStack;

beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'touchstone-order-'));
  stack = await startTestStack(stateDir, {
    settings: { 'inference-gateway': { TOUCHSTONE_PROVER_PATH: proverScript } },
  });
}, START_TIMEOUT_MS);

afterAll(async () => {
  await stack?.stop();
  removeState(stateDir);
}, START_TIMEOUT_MS);

const order = (...words: string[]) => touchstone(['zk', ...words, '--state', stateDir]);

async function paidAnswer(model: string): Promise<string> {
  const payer = createPayer(stack.description, developmentPayer(stateDir));
  const [digit] = await heldOutDigits(checkout, 1);
  const url = `${stack.description.urls['inference-gateway']}/v1/models/${model}/infer`;
  const response = await infer(payer.fetch, url, digit?.body ?? '');
  return ((await response.json()) as InferAnswer).verificationId;
}

describe('touchstone zk order', () => {
  it(
    'quotes, pays, and writes evidence that verifies as L5-test',
    async () => {
      const id = await paidAnswer('digits-int');
      await offeredProof(stack.description.urls['inference-gateway'] as string, id, PROVER_TIMEOUT_MS);
      const quoted = await order('quote', id, '--json');
      expect(proofOffer.parse(JSON.parse(quoted.stdout))).toMatchObject({
        status: 'offered',
        quote: { price: { amount: '50000' } },
      });
      const unpaid = await order('order', id);
      expect(unpaid).toMatchObject({ status: 4, stderr: expect.stringContaining('Add --pay') });
      expect((await order('order', id, '--pay', '--max', '0.01')).status).not.toBe(0);
      const file = join(stateDir, 'proven.json');
      const ordered = await order('order', id, '--pay', '--json', '--evidence', file);
      expect(ordered).toMatchObject({ status: 0 });
      expect(proofAnswer.parse(JSON.parse(ordered.stdout)).payment).toMatchObject({ amount: '50000' });
      const trust = JSON.parse(trustText(await exportTrust(stack.description))) as TrustFile;
      const judged = (at: TrustFile) =>
        verifyEvidence(readFileSync(file, 'utf8'), { trust: at, nowMs: Date.now() });
      expect(judged(trust)).toMatchObject({ label: 'L5-test' });
      expect(judged({ ...trust, models: [] }).label).not.toBe('L5-test');
      const circuitFile = join(checkout, 'models', 'digits-int', 'circuit.json');
      const holds = (path: string) => touchstone(['zk', 'verify', path, '--circuit', circuitFile, '--json']);
      const verdict = await holds(file);
      expect(JSON.parse(verdict.stdout)).toMatchObject({ valid: true, setup: 'single-party' });
      const changed = join(stateDir, 'changed.json');
      const bundle = JSON.parse(readFileSync(file, 'utf8')) as { zk: { publicSignals: string[] } };
      bundle.zk.publicSignals[64] = String(Number(bundle.zk.publicSignals[64]) + 1);
      writeFileSync(changed, JSON.stringify(bundle));
      const refused = await holds(changed);
      expect(refused.status).toBe(1);
      expect(JSON.parse(refused.stdout)).toMatchObject({ valid: false, reason: expect.any(String) });
      const again = await order('order', id);
      expect(again).toMatchObject({
        status: 0,
        stdout: expect.stringMatching(/was made before[^]*nothing now/),
      });
      expect((await order('quote', id)).stdout).toMatch(/proof +proved/);
    },
    PROVER_TIMEOUT_MS + 60_000,
  );

  it(
    'is not needed for an answer that is proved now, for both prices in one payment',
    async () => {
      const input = join(stateDir, 'digit.json');
      const [digit] = await heldOutDigits(checkout, 1);
      writeFileSync(input, digit?.body ?? '');
      const ask = (model: string, ...words: string[]) =>
        touchstone(['infer', model, '--input', input, '--state', stateDir, ...words]);
      const price = await ask('digits-int', '--prove', 'now', '--dry-run');
      expect(price).toMatchObject({ status: 0, stdout: expect.stringContaining('costs 0.06') });
      expect((await ask('digits-int', '--prove', 'now', '--pay', '--max', '0.05')).status).not.toBe(0);
      const file = join(stateDir, 'proved-now.json');
      const proved = await ask('digits-int', '--prove', 'now', '--pay', '--json', '--evidence', file);
      expect(proved).toMatchObject({ status: 0 });
      const answer = inferAnswer.parse(JSON.parse(proved.stdout));
      expect(answer).toMatchObject({ payment: { amount: '60000' }, execution: { prover: {} } });
      const trust = JSON.parse(trustText(await exportTrust(stack.description))) as TrustFile;
      const report = verifyEvidence(readFileSync(file, 'utf8'), { trust, nowMs: Date.now() });
      expect(report).toMatchObject({ label: 'L5-test' });
      const later = await ask('digits-int', '--prove', 'later', '--pay', '--json');
      expect(inferAnswer.parse(JSON.parse(later.stdout)).links.proof).toMatch(/\/proof$/);
      const plain = await ask('digits', '--prove', 'now', '--pay');
      expect(plain).toMatchObject({ status: 4, stderr: expect.stringContaining('not-provable') });
      expect(await ask('digits-int', '--prove', 'soon')).toMatchObject({ status: 2 });
    },
    PROVER_TIMEOUT_MS + 60_000,
  );

  it('says why none is offered, and what is no id', async () => {
    const id = await paidAnswer('digits');
    expect(await order('quote', id)).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('no circuit'),
    });
    expect(await order('order', id, '--pay')).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('no circuit'),
    });
    expect(await order('order', 'x')).toMatchObject({ status: 2 });
    expect(await order('order', id, '--max', '1')).toMatchObject({ status: 2 });
  }, 60_000);
});

describe('touchstone zk conformance', () => {
  it('passes the built-in prover, and names what another one takes', async () => {
    const passed = await touchstone(['zk', 'conformance', '--json']);
    expect(passed.status).toBe(0);
    expect(JSON.parse(passed.stdout)).toMatchObject({ passed: true });
    const liar = join(stateDir, 'liar');
    writeFileSync(
      liar,
      `#!/bin/sh
'${process.execPath}' '${proverScript}' "$@"; code=$?
[ "$1" = verify ] && sed -i 's/"valid":false,"reason":"[a-z-]*"/"valid":true/' "$3"
exit $code
`,
    );
    chmodSync(liar, 0o755);
    const failed = await touchstone(['zk', 'conformance', '--program', liar]);
    expect(failed).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/FAIL {2}refuses .*It takes it/),
    });
  }, 120_000);
});
