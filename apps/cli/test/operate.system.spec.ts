import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { InferAnswer } from '@touchstone/contracts/http/inference-gateway';
import { meshCaller, serviceNames, type OutputRecorded } from '@touchstone/contracts';
import { DATABASE_NAME, STACK_NODE, type RunningStack } from '@touchstone/embedded';
import { connectMesh, EventPublisher, RpcClient, type DeadLetter, type Mesh } from '@touchstone/nats';
import { waitUntil } from '@touchstone/testing';
import pg from 'pg';
import { checkout } from '../src/stack/run-stack.js';
import { heldOutDigits, infer } from '../src/demo/digits.js';
import { anchoredEvidence } from '../src/stack/evidence.js';
import { createPayer, developmentPayer } from '../src/stack/payer.js';
import { startOtlpReceiver, type OtlpReceiver, type ReceivedSpan } from './support/otlp-receiver.js';
import { readPublished } from './support/outbox-events.js';
import { startTestStack } from './support/test-stack.js';
import { bin, touchstone as runTouchstone, type Ended } from './support/touchstone.js';
import { removeState } from './support/remove-state.js';

const GATEWAY = meshCaller('inference-gateway', STACK_NODE);
const START_TIMEOUT_MS = 120_000;
const OUTPUT = 'evt.v1.inference.output.recorded';

let stateDir: string;
let stack: RunningStack;
let gateway: Mesh;
let database: pg.Client;
let collector: OtlpReceiver;

beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'touchstone-operate-'));
  collector = await startOtlpReceiver();
  stack = await startTestStack(stateDir, {
    environment: {
      ...process.env,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_BSP_SCHEDULE_DELAY: '200',
    },
    settings: Object.fromEntries(serviceNames.map((name) => [name, { TOUCHSTONE_LOG_LEVEL: 'debug' }])),
  });
  const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const url = stack.description.nats.url;
  const service = GATEWAY;
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
  await collector?.close();
  removeState(stateDir);
}, START_TIMEOUT_MS);

const touchstone = (...args: string[]): Promise<Ended> => runTouchstone([...args, '--state', stateDir]);

async function paidAnswer(index: number): Promise<InferAnswer> {
  return (await (await paidResponse(index)).json()) as InferAnswer;
}

async function paidResponse(index: number, headers: Record<string, string> = {}): Promise<Response> {
  const payer = createPayer(stack.description, developmentPayer(stateDir));
  const [digit] = (await heldOutDigits(checkout, index + 1)).slice(index);
  const url = `${stack.description.urls['inference-gateway']}/v1/models/digits/infer`;
  return await infer(payer.fetch, url, digit?.body ?? '', headers);
}

describe('touchstone dlq', () => {
  it('shows what a running service gave up on, and brings it back once the cause is gone', async () => {
    const { verificationId } = await paidAnswer(0);
    await anchoredEvidence(stack.description, verificationId, 60_000);
    const published = await readPublished<OutputRecorded>(stack, 'inference-gateway', OUTPUT);
    const recorded = published.find((body) => body.verificationId === verificationId) as OutputRecorded;
    // The nonce of an output that is anchored already, on another leaf: the anchor-worker refuses it for good.
    const { modelVersionId, inputHash, outputHash, nonce, timestamp } = recorded.proof;
    const payload = { modelVersionId, inputHash, outputHash, nonce, timestamp: timestamp + 1 };
    const rpc = new RpcClient({ nc: gateway.nc, caller: GATEWAY });
    const { proof } = await rpc.call('signer', 'sign-output', payload);
    const twin = { ...recorded, proof };
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

describe('one trace', () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const inTrace = (): ReceivedSpan[] => collector.spans.filter((span) => span.traceId === traceId);
  const named = (name: string): ReceivedSpan | undefined => inTrace().find((span) => span.name === name);

  it('reaches from the request of a caller to the anchored proof', async () => {
    const response = await paidResponse(1, { traceparent: `00-${traceId}-00f067aa0ba902b7-01` });
    expect(response.status).toBe(200);
    expect(response.headers.get('traceparent')).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
    const expected = [
      'inference-gateway: POST /v1/models/:id/infer',
      'inference-gateway: onnx run',
      'inference-gateway: sign output',
      'inference-gateway: rpc signer.sign-outputs',
      'signer: rpc signer.sign-outputs',
      'inference-gateway: rpc payment-verifier.settle',
      'payment-verifier: rpc payment-verifier.settle',
      'payment-verifier: chain send settlement',
      'inference-gateway: publish evt.v1.inference.output.recorded',
      'anchor-worker: leaf accepted',
      'anchor-worker: leaf sealed',
      'anchor-worker: leaf checkpointed',
      'anchor-worker: leaf anchored',
      'proof-service: proof ready',
      'proof-service: anchored proof ready',
    ];
    // Each service sends its spans when its batch is due, in no order.
    const found = (): Set<string> => new Set(inTrace().map(({ service, name }) => `${service}: ${name}`));
    await waitUntil(() => expected.every((name) => found().has(name)), 60_000).catch(() => undefined);
    expect([...found()]).toEqual(expect.arrayContaining(expected));
    const ids = new Set(inTrace().map(({ spanId }) => spanId));
    const orphans = inTrace().filter(({ parentSpanId }) => parentSpanId && !ids.has(parentSpanId));
    expect(new Set(orphans.map(({ parentSpanId }) => parentSpanId))).toEqual(new Set(['00f067aa0ba902b7']));
  }, 90_000);

  it('is linked with the work that was done for many', async () => {
    const sealing = await waitUntil(
      () =>
        collector.spans.find(
          ({ name, links = [] }) => name === 'seal batches' && links.some((link) => link.traceId === traceId),
        ),
      10_000,
    );
    const [link] = named('leaf sealed')?.links ?? [];
    expect(link?.spanId).toBe(sealing.spanId);
    const [anchored] = named('leaf anchored')?.links ?? [];
    const batch = collector.spans.find(({ spanId }) => spanId === anchored?.spanId);
    expect(batch?.service).toBe('anchor-worker');
    // Whichever of the two networks was the first to anchor it.
    expect(['advance anchor', 'stamp checkpoint']).toContain(batch?.name);
    expect(collector.spans.map(({ name }) => name)).toContain('chain send anchor');
  });

  it('is found in the log lines of every service that it passed', async () => {
    const lines = (service: string): string[] =>
      readFileSync(join(stack.description.logs, `${service}.log`), 'utf8')
        .split('\n')
        .filter((line) => line.includes(traceId));
    for (const service of [
      'inference-gateway',
      'signer',
      'payment-verifier',
      'anchor-worker',
      'proof-service',
    ]) {
      const [first] = await waitUntil(() => lines(service).length > 0 && lines(service), 10_000, service);
      const line = JSON.parse(first as string) as { service: string; traceId?: string; traceIds?: string[] };
      expect(line.service).toBe(service);
      expect([line.traceId, ...(line.traceIds ?? [])]).toContain(traceId);
    }
  });

  it.each([
    ['another version of the header', 'ff-4bf92f3577b34da6a3ce929d0e0e4737-00f067aa0ba902b7-01'],
    ['upper case', '00-4BF92F3577B34DA6A3CE929D0E0E4737-00F067AA0BA902B7-01'],
    ['no hexadecimal digits', '00-zzzz2f3577b34da6a3ce929d0e0e4737-00f067aa0ba902b7-01'],
    ['a parent of zeros', `00-4bf92f3577b34da6a3ce929d0e0e4737-${'0'.repeat(16)}-01`],
  ])('begins anew for a caller that sends %s', async (_name, traceparent) => {
    const url = `${stack.description.urls['inference-gateway']}/v1/models`;
    const answer = await fetch(url, { headers: { traceparent } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('traceparent')).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(answer.headers.get('traceparent')).not.toContain('0e0e4737');
  });
});

describe('touchstone top', () => {
  it('shows services, stages and queues of a running stack once where there is no terminal', async () => {
    const { status, stdout } = await touchstone('top');
    expect(status).toBe(0);
    for (const service of serviceNames)
      expect(stdout).toMatch(new RegExp(`^${service} +ready +\\d+ MiB`, 'm'));
    expect(stdout).toMatch(/^anchored proof +\d/m);
    expect(stdout).toMatch(/^anchor-worker-inference +0 +0 +0$/m);
    expect(stdout).toMatch(/^Dead letters: [1-9]/m);
    expect(stdout).not.toContain('\u001b');
  });

  it('gives p50, p95 and p99 of every stage as JSON (R-OPS-3)', async () => {
    type Stages = Record<string, number | string>[];
    const stages = await waitUntil(
      async () => {
        const { stdout } = await touchstone('top', '--once', '--json');
        const { stages } = JSON.parse(stdout) as { stages: Stages };
        // The last answers may still be on their way.
        return stages.every(({ count }) => Number(count) >= 2) && stages;
      },
      30_000,
      'two answers to have reached every stage',
    );
    expect(stages.map(({ stage }) => stage)).toEqual([
      ...['answered', 'accepted', 'sealed, logged', 'checkpointed', 'anchored'],
      ...['proof ready', 'anchored proof'],
    ]);
    for (const { p50Seconds, p95Seconds, p99Seconds } of stages) {
      expect(p50Seconds).toBeGreaterThan(0);
      expect(p95Seconds).toBeGreaterThanOrEqual(p50Seconds as number);
      expect(p99Seconds).toBeGreaterThanOrEqual(p95Seconds as number);
    }
  });

  it('goes on without a service that was stopped, and ends on an interrupt', async () => {
    process.kill(stack.pids()['attestation-hub'] ?? 0, 'SIGTERM');
    const ended = await waitUntil(async () => {
      const { stdout } = await touchstone('top');
      return /^attestation-hub +DOWN/m.test(stdout) && stdout;
    }, 20_000);
    expect(ended).toMatch(/^inference-gateway +ready/m);
    const child = spawn(process.execPath, [bin, 'top', '--json', '--interval', '1', '--state', stateDir]);
    let lines = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (lines += text));
    await waitUntil(() => lines.split('\n').length > 2, 20_000);
    child.kill('SIGINT');
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
    const [, second] = lines.split('\n');
    expect(JSON.parse(second ?? '')).toMatchObject({ windowSeconds: expect.any(Number) });
  }, 60_000);
});
