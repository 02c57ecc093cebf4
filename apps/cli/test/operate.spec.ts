import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { serviceNames, type OutputRecorded } from '@touchstone/contracts';
import { DATABASE_NAME, silentProgress, startStack, type RunningStack } from '@touchstone/embedded';
import { connectMesh, EventPublisher, type DeadLetter, type Mesh } from '@touchstone/nats';
import { waitUntil } from '@touchstone/testing';
import pg from 'pg';
import { checkout } from '../src/commands/stack.js';
import { heldOutDigits, infer } from '../src/demo/digits.js';
import { anchoredEvidence } from '../src/stack/evidence.js';
import type { InferAnswer } from '../src/stack/gateway.js';
import { createPayer, developmentPayer } from '../src/stack/payer.js';
import { readStreamMessages } from './support/stream.js';

const START_TIMEOUT_MS = 120_000;
const bin = fileURLToPath(new URL('../bin/touchstone.js', import.meta.url));
const OUTPUT = 'evt.v1.inference.output.recorded';

let stateDir: string;
let stack: RunningStack;
let gateway: Mesh;
let database: pg.Client;

beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'touchstone-operate-'));
  stack = await startStack({
    root: checkout,
    stateDir,
    services: serviceNames,
    restart: false,
    progress: silentProgress,
    durable: false,
  });
  const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const url = stack.description.nats.url;
  const service = 'inference-gateway';
  gateway = await connectMesh({ url, service, logger, ...stack.natsLogin(service) });
  const databaseUrl = new URL(stack.superuserUrl);
  databaseUrl.pathname = `/${DATABASE_NAME}`;
  database = new pg.Client({ connectionString: databaseUrl.href });
  await database.connect();
}, START_TIMEOUT_MS);

afterAll(async () => {
  await gateway?.close();
  await database?.end();
  await stack?.stop();
  rmSync(stateDir, { recursive: true, force: true });
}, START_TIMEOUT_MS);

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function touchstone(...args: string[]): Promise<Ended> {
  const child = spawn(process.execPath, [bin, ...args, '--state', stateDir], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { status, stdout, stderr };
}

async function paidAnswer(index: number): Promise<InferAnswer> {
  const payer = createPayer(stack.description, developmentPayer(stateDir));
  const [digit] = (await heldOutDigits(checkout, index + 1)).slice(index);
  const url = `${stack.description.urls['inference-gateway']}/v1/models/digits/infer`;
  return (await (await infer(payer.fetch, url, digit?.body ?? '')).json()) as InferAnswer;
}

describe('touchstone dlq', () => {
  it('shows what a running service gave up on, and brings it back once the cause is gone', async () => {
    const { verificationId } = await paidAnswer(0);
    await anchoredEvidence(stack.description, verificationId, 60_000);
    const [recorded] = (await readStreamMessages<OutputRecorded>(stack, 'INFERENCE')).filter(
      (body) => body.verificationId === verificationId,
    );
    // The nonce of an output that is anchored already, on another leaf: the anchor-worker refuses it for good.
    const { proof } = recorded as OutputRecorded;
    const twin = { ...(recorded as OutputRecorded), proof: { ...proof, timestamp: proof.timestamp + 1 } };
    await new EventPublisher({ nc: gateway.nc }).publish(OUTPUT, twin, { msgId: 'twin' });

    const [letter] = await waitUntil(async () => {
      const { stdout } = await touchstone('dlq', 'list', '--service', 'anchor-worker', '--json');
      const { letters } = JSON.parse(stdout) as { letters: DeadLetter[] };
      return letters.length > 0 && letters;
    }, 20_000);
    expect(letter).toMatchObject({ code: 'conflict', msgId: 'twin', originalSubject: OUTPUT, deliveries: 1 });
    const sequence = String(letter?.sequence);
    const shown = await touchstone('dlq', 'show', sequence);
    expect(shown.stdout).toContain('anchor-worker-inference of anchor-worker');
    expect(shown.stdout).toContain(`"verificationId": "${verificationId}"`);

    const early = await touchstone('dlq', 'replay', sequence);
    expect(early.stdout).toMatch(new RegExp(`^${sequence}  given up again as \\d+: conflict: `));
    expect(early.status).toBe(1);

    await database.query('DELETE FROM anchors.leaf WHERE verification_id = $1', [verificationId]);
    const replayed = await touchstone('dlq', 'replay', '--all', '--yes', '--service', 'anchor-worker');
    expect(replayed).toMatchObject({ status: 0, stderr: '' });
    expect(replayed.stdout).toMatch(/^\d+ {2}taken at \d{4}-/);
    const { rows } = await database.query<{ count: string }>(
      'SELECT count(*) FROM anchors.leaf WHERE verification_id = $1',
      [verificationId],
    );
    expect(rows[0]?.count).toBe('1');
    expect((await touchstone('dlq', 'list', '--service', 'anchor-worker')).stdout).toBe('No dead letters.\n');
    const again = await touchstone('dlq', 'replay', sequence);
    expect(again.status).toBe(4);
    expect(again.stderr).toContain(`not-found: The stream DLQ has no message ${sequence}.`);
  }, 90_000);

  it('lists what the server reported, and says which messages have a dead letter', async () => {
    await gateway.nc.request(OUTPUT, new TextEncoder().encode('{'), { timeout: 2_000 });
    const advisories = await waitUntil(async () => {
      const { stdout } = await touchstone('dlq', 'advisories', '--json');
      const page = JSON.parse(stdout) as { advisories: Record<string, unknown>[] };
      return page.advisories.length > 1 && page.advisories;
    }, 20_000);
    expect(advisories.at(-1)).toMatchObject({ kind: 'terminated', stream: 'INFERENCE', hasDeadLetter: true });
  }, 30_000);
});
