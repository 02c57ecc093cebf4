import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { canonicalJson } from '@touchstone/canonical-json';
import {
  announcedSetUp,
  contributionAnswer,
  setUpAnswer,
  type SetUpAnswer,
} from '@touchstone/contracts/http/set-ups';
import { sha256TextHex } from '@touchstone/crypto';
import { modelCircuit } from '@touchstone/contracts/circuit';
import { callRpc, developmentNetwork, type RunningStack } from '@touchstone/embedded';
import { waitUntil } from '@touchstone/testing';
import { exportTrust, trustText } from '../src/stack/export-trust.js';
import { readSecret } from '../src/stack/read-secret.js';
import { checkout } from '../src/stack/run-stack.js';
import { proverScript } from '../src/zk/built-in-prover.js';
import { removeState } from './support/remove-state.js';
import { SetUpProxy } from './support/set-up-proxy.js';
import { startTestStack } from './support/test-stack.js';
import { touchstone } from './support/touchstone.js';

const START_TIMEOUT_MS = 120_000;
const FORGED = 'ab'.repeat(64);
const sample = join(checkout, 'libs', 'prover-adapter', 'sample');
const powersFolder = join(checkout, 'apps', 'zk-prover', 'test', 'files', 'tiny');
const powers = join(powersFolder, 'powers-06.ptau');

let stateDir: string;
let stack: RunningStack;
let proxy: SetUpProxy;
let id: string;
const hashes: string[] = [];

beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'touchstone-set-up-'));
  stack = await startTestStack(stateDir, {
    settings: {
      'inference-gateway': {
        TOUCHSTONE_PROVER_PATH: proverScript,
        TOUCHSTONE_POWERS_DIR: powersFolder,
      },
    },
  });
  proxy = await SetUpProxy.start(stack.description.urls['inference-gateway'] as string);
}, START_TIMEOUT_MS);

afterAll(async () => {
  proxy?.stop();
  await stack?.stop();
  removeState(stateDir);
}, START_TIMEOUT_MS);

const zk = (words: string[], environment: Record<string, string> = {}) =>
  touchstone(['zk', ...words, '--state', stateDir], { env: environment });
const chain = <T>(method: string, parameters: unknown[] = []) =>
  callRpc<T>(stack.description.chain.rpcUrl, method, parameters);
const trustFile = async () => {
  const file = join(stateDir, 'trust.json');
  writeFileSync(file, trustText(await exportTrust(stack.description)));
  return file;
};
const verify = async (...words: string[]) => {
  const { status, stdout, stderr } = await zk(
    ['setup', 'verify', id, '--powers', powers, '--json', ...words],
    { TOUCHSTONE_OPERATOR_TOKEN: operatorToken() },
  );
  return { status, stderr, steps: stdout === '' ? [] : stepsOf(stdout) };
};
const stepsOf = (stdout: string): [string, string][] =>
  (JSON.parse(stdout) as { steps: { name: string; status: string }[] }).steps.map(({ name, status }) => [
    name,
    status,
  ]);
const operatorToken = (): string => readSecret(stateDir, 'operator', 'TOUCHSTONE_OPERATOR_TOKEN');

describe('touchstone zk setup', () => {
  it('announces, takes contributions of parties, and closes with a block of the chain (R-PLUS-6)', async () => {
    const announced = await zk([
      ...['setup', 'announce', '--model', join(sample, 'model.onnx')],
      ...['--options', join(sample, 'options.json'), '--name', 'tiny.int', '--model-version', '1'],
      ...['--developer', 'tests', '--powers', 'powers-06.ptau', '--party', 'one', '--party', 'two'],
      ...['--network', developmentNetwork, '--in-blocks', '300', '--json'],
    ]);
    expect(announced.stderr).toBe('');
    const { setUp, invitations } = announcedSetUp.parse(JSON.parse(announced.stdout));
    id = setUp.id;
    const token = (name: string) => invitations.find((one) => one.name === name)?.token as string;
    expect(await zk(['contribute', id, '--name', 'one'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('TOUCHSTONE_SET_UP_TOKEN'),
    });
    for (const name of ['one', 'two']) {
      const url = `${proxy.url}/v1/set-ups/${id}`;
      // The answer to the first one gets lost, twice.
      proxy.cutAnswers = name === 'one' ? 2 : 0;
      const contributed = await zk(['contribute', url, '--name', name, '--json'], {
        TOUCHSTONE_SET_UP_TOKEN: token(name),
      });
      expect(contributed.stderr).toBe('');
      hashes.push(contributionAnswer.parse(JSON.parse(contributed.stdout)).hash);
    }
    expect((await verify()).status).toBe(3);
    expect((await zk(['setup', 'list'])).stdout).toMatch(/open +tiny\.int 1 +2 of 2 contributed/);
    // The announcement is anchored before the chain comes to the block that was announced.
    await waitUntil(
      async () => {
        const url = `${stack.description.urls['proof-service']}/v1/log/entries/${setUp.announcementSha256}`;
        const response = await fetch(url);
        return response.ok && ((await response.json()) as { anchors: unknown[] }).anchors.length > 0;
      },
      30_000,
      'the anchor of the announcement',
    );
    const head = BigInt(await chain<string>('eth_blockNumber'));
    const missing = BigInt(setUp.beacon.block) - head + 200n;
    await chain('anvil_mine', [`0x${missing.toString(16)}`]);
    const shown = async () => {
      const { stdout } = await zk(['setup', 'show', id, '--json']);
      return setUpAnswer.parse(JSON.parse(stdout));
    };
    await waitUntil(async () => (await shown()).state === 'finished', 60_000, 'the end of the set-up');
    expect((await shown()).result?.transcript.contributions).toHaveLength(3);
  }, 300_000);

  it('has anybody who may read the files verify all of it', async () => {
    const trust = await trustFile();
    await waitUntil(
      async () => (await verify('--trust', trust)).steps.every(([, status]) => status !== 'not-checked'),
      60_000,
      'the transcript in the log',
    );
    const out = join(stateDir, 'keys');
    const good = await verify('--trust', trust, '--expect', hashes[0] as string, '--out', out);
    expect(good).toMatchObject({ status: 0, stderr: '' });
    expect(good.steps.map(([name]) => name)).toEqual([
      ...['keys', 'announcement', 'transcript', 'log entry', 'expected contribution', 'beacon'],
      ...['announcement in the log', 'announced before', 'transcript in the log'],
    ]);
    expect(new Set(good.steps.map(([, status]) => status))).toEqual(new Set(['pass']));
    expect(modelCircuit.parse(JSON.parse(readFileSync(join(out, 'circuit.json'), 'utf8')))).toMatchObject({
      setup: 'single-party',
    });
    const byNode = await verify('--rpc-url', stack.description.chain.rpcUrl);
    expect(byNode.steps).toContainEqual(['beacon', 'pass']);
    expect(byNode.steps).toContainEqual(['announcement in the log', 'not-checked']);
  }, 180_000);

  it('says what does not hold', async () => {
    const failing = async (...words: string[]) => {
      const { status, steps } = await verify(...words);
      expect(status).toBe(1);
      return steps.filter(([, step]) => step === 'fail').map(([name]) => name);
    };
    expect(await failing('--expect', '00'.repeat(64))).toEqual(['expected contribution']);
    expect(await failing('--model', join(sample, 'other-model.onnx'))).toEqual(['keys']);
    const trust = await trustFile();
    const wrong = join(stateDir, 'wrong-trust.json');
    const { beacon } = setUpAnswer.parse(JSON.parse((await zk(['setup', 'show', id, '--json'])).stdout));
    const file = JSON.parse(readFileSync(trust, 'utf8')) as {
      chains: { network: string; blocks?: { number: string; hash: string }[] }[];
    };
    const evm = file.chains.find(({ network }) => network === developmentNetwork);
    evm?.blocks?.forEach((block) => {
      if (block.number === beacon.block) block.hash = '11'.repeat(32);
    });
    writeFileSync(wrong, JSON.stringify(file));
    expect(await failing('--trust', wrong)).toEqual(['beacon']);
    expect((await zk(['setup', 'show', 'nonsense'])).status).toBe(2);
  }, 120_000);

  it('does not believe what a gateway shows beside the files that it gives', async () => {
    const failing = async () => {
      const { status, stdout } = await zk(
        [
          'setup',
          'verify',
          `${proxy.url}/v1/set-ups/${id}`,
          '--powers',
          powers,
          '--json',
          '--expect',
          FORGED,
        ],
        { TOUCHSTONE_OPERATOR_TOKEN: operatorToken() },
      );
      expect(status).toBe(1);
      return stepsOf(stdout)
        .filter(([, step]) => step === 'fail')
        .map(([name]) => name);
    };
    expect(await failing()).toEqual(['expected contribution']);
    // A contribution of somebody whom people trust, in the page alone; its entry is made to fit.
    proxy.change = (setUp) => withForgedParty(setUp, FORGED);
    expect(await failing()).toEqual(['keys']);
    proxy.change = (setUp) => setUp;
    const other = readFileSync(join(sample, 'other-model.onnx'));
    proxy.files.set('model.onnx', other);
    expect(await failing()).toEqual(['keys', 'expected contribution']);
    proxy.files.clear();
    for (const [name, bytes] of [
      ['circuit.json', 'no JSON'],
      ['circuit.json', readFileSync(join(checkout, 'models', 'digits-int', 'circuit.json'), 'utf8')],
      ['proving-key.zkey', readFileSync(join(sample, 'proving-key.zkey'))],
    ] as const) {
      proxy.files.set(name, Buffer.from(bytes));
      expect(await failing()).toEqual(['keys', 'expected contribution']);
      proxy.files.clear();
    }
  }, 120_000);
});

/** A set-up whose page has another hash of the first party, and an entry that names the transcript that it shows. */
function withForgedParty(setUp: SetUpAnswer, hash: string): SetUpAnswer {
  const { result } = setUp;
  if (result === null) throw new Error('It is finished.');
  const contributions = result.transcript.contributions.map((one, index) =>
    index === 0 ? { ...one, hash } : one,
  );
  const transcript = { ...result.transcript, contributions };
  const entry = {
    ...(JSON.parse(result.entry) as Record<string, string>),
    transcript: sha256TextHex(`${JSON.stringify(transcript, null, 2)}\n`),
  };
  return { ...setUp, result: { ...result, transcript, entry: canonicalJson(entry) } };
}
