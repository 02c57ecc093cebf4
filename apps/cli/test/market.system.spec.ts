import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { serviceNames } from '@touchstone/contracts';
import { silentProgress, startStack, type RunningStack } from '@touchstone/embedded';
import { linearClassifier } from '@touchstone/testing';
import { generatePrivateKey } from 'viem/accounts';
import {
  SUBMITTED_BUNDLE_BYTES_MAX,
  SUBMITTED_MODEL_BYTES_MAX,
  SUBMITTED_TEST_CASES_BYTES_MAX,
} from '../src/commands/market-submit.js';
import { DEVELOPER_KEY_FILE_BYTES_MAX, SUBMITTED_MANIFEST_BYTES_MAX } from '../src/market/sign.js';
import { checkout } from '../src/stack/run-stack.js';
import { removeState } from './support/remove-state.js';
import { touchstone, type Ended } from './support/touchstone.js';

const START_TIMEOUT_MS = 120_000;

let folder: string;
let state: string;
let stack: RunningStack | undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'touchstone-market-'));
  state = join(folder, 'state');
  const options = { root: checkout, stateDir: state, services: serviceNames, restart: false };
  stack = await startStack({ ...options, progress: silentProgress, durable: false });
}, START_TIMEOUT_MS);

afterAll(async () => {
  await stack?.stop();
  removeState(state);
  rmSync(folder, { recursive: true, force: true });
}, START_TIMEOUT_MS);

const run = (...args: string[]): Promise<Ended> => touchstone([...args, '--state', state], { cwd: folder });
const path = (name: string): string => join(folder, name);
const write = (name: string, content: string | Uint8Array): void => writeFileSync(path(name), content);

/** Says which of two features is larger; the difference decides by a factor of its own. */
const model = (factor: number): Uint8Array =>
  linearClassifier(
    [
      [factor, 0],
      [0, factor],
    ],
    [0, 0],
  );
const tensor = (name: string, data: number[]) => ({ name, datatype: 'FP32', shape: [1, 2], data });
const caseOf = (factor: number, x: number, y: number) => {
  const left = 1 / (1 + Math.exp(factor * (y - x)));
  return { inputs: [tensor('features', [x, y])], outputs: [tensor('probabilities', [left, 1 - left])] };
};
const casesOf = (factor: number): string =>
  JSON.stringify([caseOf(factor, 0, 1), caseOf(factor, 1, 0), caseOf(factor, 0.5, 0.25)]);

/** The files of a submission by a developer of its own. */
function prepare(name: string, factor: number, cases = casesOf(factor)): string[] {
  write(`${name}.onnx`, model(factor));
  write(`${name}.key`, `${generatePrivateKey()}\n`);
  write(`${name}-cases.json`, cases);
  const said = { description: 'Which one is larger.', licence: 'MIT', task: 'comparison' };
  write(`${name}.json`, JSON.stringify({ name, priceAtomic: '250000', labels: ['left', 'right'], ...said }));
  const files = ['--manifest', `${name}.json`, '--test-cases', `${name}-cases.json`];
  return ['models', 'submit', `${name}.onnx`, ...files, '--key-file', `${name}.key`];
}

const json = <T>({ stdout }: Ended): T => JSON.parse(stdout) as T;

async function reviewed(id: string): Promise<{ state: string; reason: string | null }> {
  for (;;) {
    const shown = json<{ state: string; reason: string | null }>(
      await run('models', 'review', 'show', id, '--json'),
    );
    if (!['submitted', 'validating'].includes(shown.state)) return shown;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

describe('the market on the command line', () => {
  it('takes two submissions, which are reviewed, asked and paid, and tells their developers what they earn (R-INFER-7)', async () => {
    for (const [name, factor] of [
      ['smaller', 2],
      ['larger', 5],
    ] as const) {
      const submit = prepare(name, factor);
      const terms = await run(...submit);
      expect(terms).toMatchObject({ status: 2, stderr: expect.stringContaining('--agree') });
      expect(terms.stdout).toContain('For trying alone');
      const sent = await run(...submit, '--agree', '--json');
      expect(sent).toMatchObject({ status: 0 });
      const { id } = json<{ id: string }>(sent);
      expect(await reviewed(id)).toMatchObject({ state: 'awaiting-review' });
      expect((await run('models', 'review', '--in', 'awaiting-review')).stdout).toContain(id);
      const approved = await run('models', 'review', 'approve', id, '--reason', 'Tried it.');
      expect(approved.stdout).toMatch(/^state +approved$/m);
      expect((await run('models', 'review', 'show', id)).stdout).toMatch(
        /^approved +\S+ by operator: Tried it\.$/m,
      );

      write('request.json', JSON.stringify({ inputs: [tensor('features', [0, 1])] }));
      const asked = await run('infer', name, '--input', 'request.json', '--pay', '--json');
      expect(json(asked)).toMatchObject({
        prediction: { label: 'right' },
        payment: { amount: '250000' },
      });
      const key = await run('models', 'key', '--key-file', `${name}.key`, '--label', 'laptop', '--json');
      const authorization = `Bearer ${json<{ key: string }>(key).key}`;
      const url = `${stack?.description.urls['inference-gateway'] as string}/v1/developers/me/revenue`;
      const revenue = await fetch(url, { headers: { authorization } });
      expect(await revenue.json()).toMatchObject({
        totals: {
          calls: 1,
          chargedAtomic: '250000',
          developerShareAtomic: '175000',
          platformShareAtomic: '75000',
        },
        pendingAtomic: '175000',
      });
    }
  }, 180_000);

  it('tells a developer why a model was refused or rejected', async () => {
    const wrong = await run(...prepare('wrong', 2, casesOf(3)), '--agree', '--json');
    expect(await reviewed(json<{ id: string }>(wrong).id)).toMatchObject({
      state: 'refused',
      reason: expect.stringContaining('test case 1: element 0 of "probabilities"'),
    });
    const good = await run(...prepare('copied', 4), '--agree', '--json');
    const { id } = json<{ id: string }>(good);
    await reviewed(id);
    expect(await run('models', 'review', 'reject', id)).toMatchObject({ status: 2 });
    const rejected = await run('models', 'review', 'reject', id, '--reason', 'A copy.');
    expect(rejected.stdout).toMatch(/^reason +A copy\.$/m);
    expect(await run('models', 'review', 'approve', id)).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('409 conflict'),
    });
    expect(await run(...prepare('digits', 2), '--agree')).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('belongs to somebody else'),
    });
  }, 60_000);

  it('suspends a model and resumes it', async () => {
    expect(await run('models', 'suspend', 'digits', '--reason', 'under repair')).toMatchObject({
      status: 0,
      stdout: 'digits is suspended.\n',
    });
    const resumed = await run('models', 'resume', 'digits', '--reason', 'repaired', '--json');
    expect(json(resumed)).toMatchObject({ id: 'digits', status: 'active' });
  });

  it.each([
    ['--manifest', SUBMITTED_MANIFEST_BYTES_MAX],
    ['--test-cases', SUBMITTED_TEST_CASES_BYTES_MAX],
    ['--signature-bundle', SUBMITTED_BUNDLE_BYTES_MAX],
    ['--key-file', DEVELOPER_KEY_FILE_BYTES_MAX],
    ['file', SUBMITTED_MODEL_BYTES_MAX],
  ])(
    'reads of %s %i bytes and no more',
    async (option, bytesMax) => {
      const submit = [...prepare('limited', 2), '--agree'];
      write('any', '');
      const at = option === 'file' ? 1 : submit.indexOf(option);
      const args =
        at === -1 ? [...submit, option, 'any'] : submit.map((arg, index) => (index === at + 1 ? 'any' : arg));
      truncateSync(path('any'), bytesMax);
      expect((await run(...args)).stderr).not.toContain('bytes that are read');
      truncateSync(path('any'), bytesMax + 1);
      expect(await run(...args)).toMatchObject({
        status: 4,
        stderr: `touchstone: any has more than the ${bytesMax} bytes that are read.\n`,
      });
    },
    180_000,
  );
});
