import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunningStack } from '@touchstone/embedded';
import { readTrustFile, verifyEvidence } from '@touchstone/evidence';
import { checkout } from '../src/stack/run-stack.js';
import { heldOutDigits, infer } from '../src/demo/digits.js';
import { anchoredEvidence } from '../src/stack/evidence.js';
import { exportTrust, trustText } from '../src/stack/export-trust.js';
import { startTestStack } from './support/test-stack.js';
import { touchstone } from './support/touchstone.js';
import { removeState } from './support/remove-state.js';

const START_TIMEOUT_MS = 180_000;
/** Answers before the consumers stop, and after it. */
const CONSUMED = 3;
const LOST = 5;
const CONSUMERS = ['anchor-worker', 'proof-service'] as const;

let stateDir: string;
let stack: RunningStack;

const start = () =>
  startTestStack(stateDir, { settings: { 'inference-gateway': { TOUCHSTONE_PAYMENT_MODE: 'off' } } });

beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'touchstone-republish-'));
  stack = await start();
}, START_TIMEOUT_MS);

afterAll(async () => {
  await stack?.stop();
  removeState(stateDir);
}, START_TIMEOUT_MS);

async function answers(count: number): Promise<string[]> {
  const url = `${stack.description.urls['inference-gateway']}/v1/models/digits/infer`;
  const ids: string[] = [];
  for (const { body } of await heldOutDigits(checkout, count)) {
    const response = await infer(fetch, url, body);
    expect(response.status).toBe(200);
    ids.push(((await response.json()) as { verificationId: string }).verificationId);
  }
  return ids;
}

const run = (...args: string[]) => touchstone(['republish', ...args, '--state', stateDir]);

describe('streams that lost events', () => {
  let ids: string[];

  it('get what was accepted again from the services, and again on demand without harm', async () => {
    ids = await answers(CONSUMED);
    for (const id of ids) await anchoredEvidence(stack.description, id, 60_000);
    const pids = CONSUMERS.map((service) => stack.pids()[service] as number);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    ids.push(...(await answers(LOST)));
    // They must not read what came meanwhile when the stack stops.
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await stack.stop();
    rmSync(join(stateDir, 'nats', 'jetstream'), { recursive: true });
    stack = await start();
    // Nobody asks for it: the relays see that the streams lost what they had acknowledged.
    for (const id of ids.slice(CONSUMED)) await anchoredEvidence(stack.description, id, 60_000);

    const counted = await run('--since', '1h', '--dry-run', '--json');
    expect(counted.status).toBe(0);
    const { dryRun, events } = JSON.parse(counted.stdout) as {
      dryRun: boolean;
      events: Record<string, number>;
    };
    expect(dryRun).toBe(true);
    expect(events['inference-gateway']).toBeGreaterThanOrEqual(CONSUMED + LOST);
    expect(await run('--since', '1h')).toMatchObject({ status: 0 });
    const texts: string[] = [];
    for (const id of ids) texts.push(await anchoredEvidence(stack.description, id, 60_000));
    const trust = readTrustFile(trustText(await exportTrust(stack.description)));
    const places = texts.map((text) => {
      expect(verifyEvidence(text, { trust, nowMs: Date.now() })).toMatchObject({ label: 'L2-test' });
      const { entry, inclusion } = JSON.parse(text) as { entry: string; inclusion: { leafIndex: string } };
      return `${entry} ${inclusion.leafIndex}`;
    });
    expect(new Set(places).size).toBe(CONSUMED + LOST);
    const dead = await touchstone(['dlq', 'list', '--state', stateDir]);
    expect(dead.stdout).toBe('No dead letters.\n');
  }, 180_000);

  it('are told which events, and what is wrong with the question', async () => {
    expect(await run()).toMatchObject({ status: 2, stderr: expect.stringContaining('either --since or') });
    expect(await run('--since', 'soon')).toMatchObject({ status: 2 });
    expect(await run('--since', '1h', '--service', 'proof-service')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('proof-service publishes no events'),
    });
    const unknown = '00000000-0000-7000-8000-000000000000';
    expect(await run('--message', unknown)).toMatchObject({
      status: 4,
      stderr: expect.stringContaining(`No event ${unknown}`),
    });
    expect((await run('--since', '1s', '--service', 'signer')).stdout).toMatch(/^signer +0$/m);
  });
});
