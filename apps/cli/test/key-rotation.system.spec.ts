import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Supervisor, type RunningStack, type StackDescription } from '@touchstone/embedded';
import { readTrustFile, verifyEvidence } from '@touchstone/evidence';
import { checkout } from '../src/stack/run-stack.js';
import { heldOutDigits, infer, type Digit } from '../src/demo/digits.js';
import { anchoredEvidence } from '../src/stack/evidence.js';
import { exportTrust, trustText } from '../src/stack/export-trust.js';
import { secondService } from './support/second-service.js';
import { startTestStack } from './support/test-stack.js';
import { removeState } from './support/remove-state.js';

const START_TIMEOUT_MS = 180_000;
const OLD_KEY = 'model-signing-1';
const NEW_KEY = 'model-signing-2';
/** Answers of each phase; while both signers run, answers come until each key has signed so many. */
const ANSWERS = 4;
const OVERLAP_ANSWERS_MAX = 200;
/** Outputs declare whole seconds; after so many the next ones are later than the start of the new signer. */
const LATER_MS = 1_500;

interface Answer {
  readonly verificationId: string;
  readonly proof: { readonly keyId: string };
}

let stateDir: string;
let stack: RunningStack;
/** The stack as it is reached once the new signer runs. */
let description: StackDescription;
let replacement: Supervisor;
let digits: Digit[];
let asked = 0;

beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'touchstone-rotation-'));
  stack = await startTestStack(stateDir, {
    settings: { 'inference-gateway': { TOUCHSTONE_PAYMENT_MODE: 'off' } },
  });
  replacement = new Supervisor({ restart: false, announce: () => undefined, onExit: () => undefined });
  digits = await heldOutDigits(checkout, 20);
}, START_TIMEOUT_MS);

afterAll(async () => {
  await replacement?.stop();
  await stack?.stop();
  removeState(stateDir);
}, START_TIMEOUT_MS);

/** One answer; a rotation never shows to a caller, so each request must succeed at the first attempt. */
async function ask(): Promise<Answer> {
  const { body } = digits[asked++ % digits.length] as Digit;
  const response = await infer(
    fetch,
    `${stack.description.urls['inference-gateway']}/v1/models/digits/infer`,
    body,
  );
  const text = await response.text();
  expect([response.status, text]).toEqual([200, expect.any(String)]);
  return JSON.parse(text) as Answer;
}

async function askTimes(times: number): Promise<Answer[]> {
  const answers: Answer[] = [];
  while (answers.length < times) answers.push(await ask());
  return answers;
}

const signedBy = (answers: readonly Answer[], key: string): Answer[] =>
  answers.filter(({ proof }) => proof.keyId === key);

interface Proved extends Answer {
  readonly evidence: string;
}

const withEvidence = async (answer: Answer): Promise<Proved> => ({
  ...answer,
  evidence: await anchoredEvidence(stack.description, answer.verificationId, 60_000),
});

/** The label, and how the steps about the key ended. */
function verdict({ proof, evidence }: Proved, trustFile: string): unknown {
  const { label, steps } = verifyEvidence(evidence, {
    trust: readTrustFile(trustFile),
    nowMs: Date.now(),
  });
  const statusOf = (wanted: string) => steps.find(({ name }) => name === wanted)?.status;
  return { keyId: proof.keyId, label, key: statusOf('key'), state: statusOf('key-state') };
}

describe('an output key that is rotated while the stack answers', () => {
  const answers: Answer[] = [];
  let trustBefore: string;

  it('is followed by the new one while signers with either run', async () => {
    answers.push(...(await askTimes(ANSWERS)));
    trustBefore = trustText(await exportTrust(stack.description));
    const { plan, url } = await secondService(stack, stateDir, 'signer', {
      MODEL_SIGNING_KEY_HEX: randomBytes(32).toString('hex'),
      MODEL_SIGNING_KEY_ID: NEW_KEY,
    });
    await replacement.start(plan);
    const { urls } = stack.description;
    description = { ...stack.description, urls: { ...urls, signer: url } };
    await new Promise((resolve) => setTimeout(resolve, LATER_MS));
    const both: Answer[] = [];
    while (Math.min(signedBy(both, OLD_KEY).length, signedBy(both, NEW_KEY).length) < ANSWERS) {
      expect(both.length).toBeLessThan(OVERLAP_ANSWERS_MAX);
      both.push(await ask());
    }
    answers.push(...both);
  }, 60_000);

  it('is not asked for any more when its signer is gone', async () => {
    process.kill(stack.pids()['signer'] as number, 'SIGTERM');
    const after = await askTimes(ANSWERS * 5);
    answers.push(...after);
    expect(signedBy(after.slice(-ANSWERS), NEW_KEY)).toHaveLength(ANSWERS);
  }, 60_000);

  it('leaves every answer provable, those between the two keys too', async () => {
    const all: Proved[] = [];
    for (const answer of answers) all.push(await withEvidence(answer));
    const trust = trustText(await exportTrust(description));
    for (const proved of all)
      expect(verdict(proved, trust)).toEqual({
        keyId: proved.proof.keyId,
        label: 'L2-test',
        key: 'pass',
        state: 'pass',
      });
    const signedByKey = (key: string) => all.find(({ proof }) => proof.keyId === key) as Proved;
    expect(verdict(signedByKey(OLD_KEY), trustBefore)).toMatchObject({ key: 'pass', state: 'pass' });
    expect(verdict(signedByKey(NEW_KEY), trustBefore)).toMatchObject({
      label: 'L0',
      key: 'not-checked',
      state: 'not-checked',
    });
  }, 180_000);
});
