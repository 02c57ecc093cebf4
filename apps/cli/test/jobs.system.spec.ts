import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { inferAnswer } from '@touchstone/contracts/http/inference-gateway';
import { acceptedJob, jobAnswer, type JobAnswer } from '@touchstone/contracts/http/jobs';
import type { RunningStack } from '@touchstone/embedded';
import { readTrustFile, verifyEvidence } from '@touchstone/evidence';
import { heldOutDigits } from '../src/demo/digits.js';
import { balanceOf, chainOf } from '../src/stack/chain.js';
import { exportTrust, trustText } from '../src/stack/export-trust.js';
import { developmentPayer } from '../src/stack/payer.js';
import { checkout } from '../src/stack/run-stack.js';
import { paperStack, type PaperStack } from './support/paper-stack.js';
import { removeState } from './support/remove-state.js';
import { startTestStack } from './support/test-stack.js';
import { touchstone, type Ended } from './support/touchstone.js';

const START_TIMEOUT_MS = 120_000;
const ID = '019ad0c4-7a1e-7cc1-9a55-1d2f3a4b5c6d';

describe('jobs of the running stack', () => {
  let stateDir: string;
  let stack: RunningStack;
  beforeAll(async () => {
    stateDir = mkdtempSync(join(tmpdir(), 'touchstone-jobs-'));
    stack = await startTestStack(stateDir);
    const [digit] = await heldOutDigits(checkout, 1);
    writeFileSync(path('digit.json'), digit?.body ?? '');
  }, START_TIMEOUT_MS);
  afterAll(async () => {
    await stack?.stop();
    removeState(stateDir);
  }, START_TIMEOUT_MS);

  const path = (name: string): string => join(stateDir, name);
  const run = (...args: string[]): Promise<Ended> => touchstone([...args, '--state', stateDir]);
  const order = (...more: string[]): Promise<Ended> =>
    run('infer', 'digits', '--input', path('digit.json'), '--async', ...more);

  it('are ordered and paid by infer --async, and answered by jobs wait as infer answers (R-INFER-5)', async () => {
    const balance = () =>
      balanceOf(chainOf(stack.description), stack.description, developmentPayer(stateDir).address);
    const before = await balance();
    const ordered = await order('--pay', '--json');
    expect(ordered).toMatchObject({ status: 0, stderr: '' });
    const { jobId } = acceptedJob.parse(JSON.parse(ordered.stdout));
    const ended = await run('jobs', 'wait', jobId, '--json', '--evidence', path('evidence.json'));
    expect(ended).toMatchObject({ status: 0, stderr: `Wrote ${path('evidence.json')}.\n` });
    const answer = inferAnswer.parse(JSON.parse(ended.stdout));
    expect(answer.payment).toMatchObject({ amount: '10000' });
    expect(before - (await balance())).toBe(10_000n);
    const trust = readTrustFile(trustText(await exportTrust(stack.description)));
    const report = verifyEvidence(readFileSync(path('evidence.json'), 'utf8'), { trust, nowMs: Date.now() });
    expect(report).toMatchObject({ result: 'VALID' });
    const shown = jobAnswer.parse(JSON.parse((await run('jobs', 'show', jobId, '--json')).stdout));
    expect([shown.status, shown.answer]).toEqual(['succeeded', answer]);
    const words = await run('jobs', 'wait', jobId);
    expect(words).toMatchObject({ status: 0, stderr: '' });
    expect(words.stdout).toMatch(
      new RegExp(`prediction\\s+\\d .*\n[^]*verification\\s+${answer.verificationId}`),
    );
    expect(await run('jobs', 'cancel', jobId)).toMatchObject({
      ...{ status: 4, stdout: '' },
      stderr: expect.stringContaining('conflict: The job cannot be cancelled: it is succeeded.'),
    });
  }, 120_000);

  it('say what they cost where nothing is paid, and where no webhooks are sent', async () => {
    expect(await order()).toMatchObject({ status: 4, stderr: expect.stringContaining('Add --pay') });
    expect(await order('--dry-run')).toMatchObject({ status: 0, stdout: expect.stringContaining('0.01') });
    expect(await order('--pay', '--webhook', 'https://shop.example/hook')).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('No webhooks are sent here'),
    });
  }, 60_000);

  it('are told in words', async () => {
    const { stdout, stderr } = await order('--pay');
    const [, id = ''] = /^job\s+(\S+)\nstatus\s+queued\n$/.exec(stdout) ?? [];
    expect(stderr).toBe(`Wait for its answer with: touchstone jobs wait ${id}\n`);
    expect((await run('jobs', 'show', id)).stdout).toMatch(new RegExp(`^job\\s+${id}\nstatus\\s+\\w+`));
  }, 60_000);
});

describe('jobs of a gateway', () => {
  const job: JobAnswer = {
    ...{ jobId: ID, status: 'queued', model: { id: 'digits' }, createdAt: '2026-01-02T03:04:05.678Z' },
    ...{ startedAt: null, endedAt: null, progress: { position: 2 }, answer: null, settlement: null },
    ...{ problem: null, callback: null, links: { job: `/v1/jobs/${ID}` } },
  };
  const failed: JobAnswer = {
    ...job,
    ...{ status: 'failed', progress: null, endedAt: job.createdAt },
    problem: {
      ...{ type: 'https://touchstone.dev/problems/timeout', title: 'Timeout', status: 504, retryable: true },
      ...{ code: 'timeout', detail: 'Not begun in time\u001b[2J; nothing was charged.' },
    },
  };
  let server: Server;
  let stack: PaperStack;
  /** What the gateway says, one answer after the other and the last one for ever. */
  let says: readonly (JobAnswer | number)[] = [];
  let asked: string[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      const said = says[Math.min(asked.length, says.length - 1)] ?? 404;
      asked.push(`${request.method} ${request.url}`);
      if (said === 0) return request.socket.destroy();
      response.writeHead(typeof said === 'number' ? said : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(typeof said === 'number' ? { code: 'x', detail: 'y' } : said));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    stack = paperStack({ 'inference-gateway': `http://127.0.0.1:${port}` });
  });
  afterEach(() => {
    asked = [];
  });
  afterAll(() => {
    stack.remove();
    server.close();
  });

  const jobs = (...args: string[]): Promise<Ended> => touchstone(['jobs', ...args, '--state', stack.folder]);

  it('are waited for through outages of a gateway that was there, and end with 1 when they failed', async () => {
    says = [job, 503, 0, 429, failed];
    expect(await jobs('wait', ID, '--evidence', join(stack.folder, 'evidence.json'))).toEqual({
      ...{ status: 1, stdout: '' },
      stderr: `touchstone: The job ${ID} has failed: timeout: Not begun in time\\u001b[2J; nothing was charged.\n`,
    });
    expect(asked).toHaveLength(5);
    expect(existsSync(join(stack.folder, 'evidence.json'))).toBe(false);
    says = [{ ...failed, status: 'cancelled', problem: null }];
    expect(await jobs('wait', ID)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('was cancelled'),
    });
  }, 30_000);

  it('that do not end in time end with 3, and those of a gateway that never answered with 4', async () => {
    says = [job];
    expect(await jobs('wait', ID, '--timeout', '1')).toMatchObject({
      ...{ status: 3, stdout: '' },
      stderr: `touchstone: The job ${ID} is still queued after 1 s; wait for it again.\n`,
    });
    for (const none of [404, 503, 0]) {
      says = [none];
      expect(await jobs('wait', ID)).toMatchObject({ status: 4, stdout: '' });
    }
  }, 30_000);

  it('are shown and cancelled by their ids', async () => {
    says = [job];
    expect((await jobs('show', ID)).stdout).toContain('queued, place 2');
    expect((await jobs('cancel', ID, '--json')).stdout).toContain(`"jobId": "${ID}"`);
    expect(asked).toEqual([`GET /v1/jobs/${ID}`, `DELETE /v1/jobs/${ID}`]);
    says = [{ ...job, callback: { status: 'delivered', attempts: 2, failure: null } }];
    expect((await jobs('show', ID)).stdout).toMatch(/webhook\s+delivered after 2 attempts/);
  }, 30_000);

  it.each<[string, string[]]>([
    ['what is no id', ['jobs', 'show', '../models']],
    ['no seconds', ['jobs', 'wait', ID, '--timeout', '0']],
    ['a webhook of a call', ['infer', 'digits', '--text', 'x', '--webhook', 'https://shop.example']],
    ['a transfer', ['infer', 'digits', '--text', 'x', '--async', '--pay', '--by', 'transfer']],
    ['evidence that is not there yet', ['infer', 'digits', '--text', 'x', '--async', '--evidence', 'e.json']],
  ])('are not asked about with %s', async (_what, args) => {
    expect(await touchstone([...args, '--state', stack.folder])).toMatchObject({ status: 2, stdout: '' });
    expect(asked).toEqual([]);
  });

  it('are those of a stack that runs', async () => {
    expect(await touchstone(['jobs', 'show', ID, '--state', '/nowhere'])).toMatchObject({ status: 5 });
  });
});
