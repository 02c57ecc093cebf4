import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import { waitUntil } from '@touchstone/testing';
import {
  JOB_SETTLEMENT_MS,
  JOB_WAIT_MAX_MS,
  JOBS_AT_ONCE_DEFAULT_MAX,
  JOBS_WAITING_DEFAULT_MAX,
} from '../src/domain/job/job.js';
import {
  JOB_AGE_MAX_MS,
  JOB_LEASE_MS,
  JOB_PAUSE_FIRST_MS,
  JOB_PAUSE_LAST_MS,
  JOB_STRIKES_MAX,
  overdueProblem,
} from '../src/domain/job/run-jobs.js';
import { JOBS_DROPPED_AT_ONCE_MAX } from '../src/job-runner.js';
import { answered, JobScene } from './support/job-scene.js';

let scene: JobScene;
beforeAll(async () => {
  scene = await JobScene.create();
}, 60_000);
afterEach(() => scene.clear());
afterAll(() => scene.fixture.close());

const away = new AppError('dependency-unavailable', 'away');
const broken = new AppError('inference-failed', 'broken');
const nowSeconds = () => Math.floor(scene.clock.nowMs() / 1_000);
const insertQueued = (count: number) =>
  scene.fixture.rows(
    `INSERT INTO gateway.jobs (id, status, model_id, body, target, created_at, start_before, due_at)
     SELECT gen_random_uuid(), 'queued', 'digits', '', '/', now(), now(), now() FROM generate_series(1, $1::int)`,
    [count],
  );

describe('the queue', () => {
  it('holds so many jobs and refuses one more, whose payment is kept', async () => {
    await insertQueued(JOBS_WAITING_DEFAULT_MAX - 1);
    await scene.accept(undefined, { waitingMax: JOBS_WAITING_DEFAULT_MAX });
    await expect(scene.accept(undefined, { waitingMax: JOBS_WAITING_DEFAULT_MAX })).rejects.toMatchObject({
      code: 'queue-full',
      retryAfterSeconds: 5,
    });
    // It may have been full only after it was looked at.
    const { store } = scene;
    const late = { add: store.add.bind(store), room: async () => ({ known: undefined, waiting: 0 }) };
    await expect(
      scene.accept(undefined, { store: late, waitingMax: JOBS_WAITING_DEFAULT_MAX }),
    ).rejects.toMatchObject({ code: 'queue-full' });
  });

  it('gives each job to one gateway, the oldest first, and no more than there is room for', async () => {
    const ids = [];
    for (let count = 0; count <= JOBS_AT_ONCE_DEFAULT_MAX; count += 1) {
      ids.push(await scene.accept());
      scene.clock.advance(1);
    }
    const runs: string[] = [];
    const infer = { infer: async () => (runs.push('run'), answered()) };
    const atOnceMax = JOBS_AT_ONCE_DEFAULT_MAX;
    await scene.work(infer, { atOnceMax });
    expect(runs).toHaveLength(JOBS_AT_ONCE_DEFAULT_MAX);
    expect((await scene.store.find(ids.at(-1) as string))?.status).toBe('queued');
    await Promise.all([scene.work(infer), scene.work(infer)]);
    expect(runs).toHaveLength(JOBS_AT_ONCE_DEFAULT_MAX + 1);
  });

  it('has one job of two that bring the same request with the same payment at once', async () => {
    const same = { paymentHeader: 'the same' };
    const validBefore = nowSeconds() + 120;
    const ids = await Promise.all([scene.accept(validBefore, same), scene.accept(validBefore, same)]);
    expect(new Set(ids).size).toBe(1);
  });

  it('drops ended jobs, so many at once', async () => {
    await insertQueued(JOBS_DROPPED_AT_ONCE_MAX + 1);
    const now = scene.clock.nowMs();
    await scene.fixture.rows(`UPDATE gateway.jobs SET status = 'cancelled', body = NULL, ended_at = $1`, [
      new Date(now),
    ]);
    const open = await scene.accept();
    expect(await scene.store.drop(now, JOBS_DROPPED_AT_ONCE_MAX)).toBe(0);
    expect(await scene.store.drop(now + 1, JOBS_DROPPED_AT_ONCE_MAX)).toBe(JOBS_DROPPED_AT_ONCE_MAX);
    expect(await scene.store.drop(now + 1, JOBS_DROPPED_AT_ONCE_MAX)).toBe(1);
    expect(await scene.store.find(open)).toBeDefined();
  });
});

describe('a job whose payment ends', () => {
  it('is begun until so long before, and has failed from then on without being begun', async () => {
    const validBefore = nowSeconds() + 120;
    const last = validBefore * 1_000 - JOB_SETTLEMENT_MS - 1;
    const inTime = await scene.accept(validBefore);
    scene.clock.advance(1);
    const late = await scene.accept(validBefore);
    scene.clock.set(last);
    expect(await scene.work({}, { atOnceMax: 1 })).toEqual(['succeeded']);
    scene.clock.advance(1);
    const runs: string[] = [];
    expect(await scene.work({ infer: async () => (runs.push('run'), answered()) })).toEqual(['failed']);
    expect(runs).toEqual([]);
    expect((await scene.store.find(inTime))?.status).toBe('succeeded');
    expect(await scene.store.find(late)).toMatchObject({
      status: 'failed',
      problem: { code: 'timeout', detail: expect.stringContaining('nothing was charged') },
    });
  });

  it('is ended in the queue too, where nobody has room for it', async () => {
    const id = await scene.accept(nowSeconds() + 120);
    const end = (nowSeconds() + 120) * 1_000 - JOB_SETTLEMENT_MS;
    expect(await scene.store.failOverdue(end - 1, overdueProblem())).toBe(0);
    expect(await scene.store.failOverdue(end, overdueProblem())).toBe(1);
    expect((await scene.store.find(id))?.problem?.code).toBe('timeout');
    expect(await scene.work({})).toEqual([]);
  });

  it('goes on with its answer when that is stored, however late it is', async () => {
    await scene.accept(nowSeconds() + 120);
    scene.clock.advance(JOB_AGE_MAX_MS - 1);
    expect(await scene.work({ resume: async () => answered() })).toEqual(['succeeded']);
  });

  it('waits no longer than a job without payment, which has an end as well', async () => {
    for (const validBefore of [undefined, nowSeconds() + 1_000_000]) {
      await scene.accept(validBefore);
      const end = scene.clock.nowMs() + JOB_WAIT_MAX_MS;
      expect(await scene.store.failOverdue(end - 1, overdueProblem())).toBe(0);
      expect(await scene.store.failOverdue(end, overdueProblem())).toBe(1);
    }
  });
});

describe('an attempt that fails', () => {
  it('by an outage is made again after growing pauses, until the payment ends', async () => {
    const id = await scene.accept(nowSeconds() + 120);
    const infer = { infer: () => Promise.reject(away) };
    const pauses: number[] = [];
    for (let results = await scene.work(infer); results[0] === 'again'; results = await scene.work(infer)) {
      const [{ due_at: due } = { due_at: new Date(0) }] = await scene.fixture.rows<{ due_at: Date }>(
        'SELECT due_at FROM gateway.jobs',
      );
      pauses.push(due.getTime() - scene.clock.nowMs());
      scene.clock.set(due);
    }
    const first = JOB_PAUSE_FIRST_MS;
    expect(pauses.slice(0, 6)).toEqual([1, 2, 4, 8, 15, 15].map((times) => times * first));
    expect(Math.max(...pauses)).toBe(JOB_PAUSE_LAST_MS);
    expect((await scene.store.find(id))?.problem?.detail).toContain('The newest attempt: away');
  });

  it('by itself is made so many times, and the job has failed with its problem', async () => {
    const id = await scene.accept();
    let runs = 0;
    const infer = { infer: () => ((runs += 1), Promise.reject(broken)) };
    for (let attempt = 0; attempt < JOB_STRIKES_MAX; attempt += 1) {
      expect(await scene.work(infer)).toEqual(['again']);
      scene.clock.advance(JOB_PAUSE_LAST_MS);
    }
    expect(await scene.work(infer)).toEqual(['failed']);
    expect(runs).toBe(JOB_STRIKES_MAX);
    expect((await scene.store.find(id))?.problem?.code).toBe('inference-failed');
  });

  it('for good ends the job at once', async () => {
    const id = await scene.accept();
    const retired = new AppError('model-not-active', 'It is retired.');
    expect(await scene.work({ infer: () => Promise.reject(retired) })).toEqual(['failed']);
    expect((await scene.store.find(id))?.problem).toMatchObject({ code: 'model-not-active', status: 409 });
  });

  it('ends the job whatever it is, once it is so old', async () => {
    const id = await scene.accept();
    scene.clock.advance(JOB_AGE_MAX_MS - 1);
    const resume = { resume: () => Promise.reject(away) };
    expect(await scene.work(resume)).toEqual(['again']);
    scene.clock.advance(JOB_PAUSE_LAST_MS);
    expect(await scene.work(resume)).toEqual(['failed']);
    expect((await scene.store.find(id))?.problem?.code).toBe('dependency-unavailable');
  });
});

describe('the lease of a job', () => {
  it('keeps it from others while it is renewed, and gives it to one of them when its gateway is gone', async () => {
    const id = await scene.accept();
    let finish = (): void => undefined;
    const pending = new Promise<void>((resolve) => (finish = resolve));
    const slow = scene.gateway({ infer: async () => (await pending, answered('{"by":"slow"}')) });
    await slow.take();
    scene.clock.advance(JOB_LEASE_MS - 1);
    await slow.renew();
    scene.clock.advance(JOB_LEASE_MS - 1);
    expect(await scene.work({})).toEqual([]);
    scene.clock.advance(1);
    // It was paused, and is taken for gone: the other one finds that nothing can be done any more.
    const refused = new AppError('payment-invalid', 'nothing was charged');
    expect(await scene.work({ resume: () => Promise.reject(refused) })).toEqual(['failed']);
    expect((await scene.store.find(id))?.status).toBe('failed');
    // What was answered and paid after all is given.
    finish();
    await slow.stop();
    expect(await scene.store.find(id)).toMatchObject({ status: 'succeeded', problem: undefined });
  });

  it('that ran out does not let its holder fail what another one works on', async () => {
    const id = await scene.accept();
    let fail = (_error: Error): void => undefined;
    const pending = new Promise<never>((_, reject) => (fail = reject));
    const paused = scene.gateway({ infer: () => pending });
    await paused.take();
    scene.clock.advance(JOB_LEASE_MS);
    let finish = (): void => undefined;
    const working = new Promise<void>((resolve) => (finish = resolve));
    const other = scene.gateway({ infer: async () => (await working, answered()) });
    await other.take();
    fail(new AppError('model-not-active', 'late'));
    await paused.stop();
    expect((await scene.store.find(id))?.status).toBe('running');
    finish();
    await other.stop();
    await waitUntil(async () => (await scene.store.find(id))?.status === 'succeeded');
  });

  it('of attempts that nobody ends runs out so many times, and the job has failed', async () => {
    const id = await scene.accept();
    for (let attempt = 0; attempt < JOB_STRIKES_MAX; attempt += 1) {
      // Killed: it neither renews nor says what became of it.
      void scene.gateway({ infer: () => new Promise(() => undefined) }).take();
      await waitUntil(async () => (await scene.store.find(id))?.status === 'running');
      await waitUntil(async () => (await strikes()) === attempt + 1);
      scene.clock.advance(JOB_LEASE_MS);
    }
    expect(await scene.work({})).toEqual(['failed']);
    expect((await scene.store.find(id))?.problem?.code).toBe('internal');
  });
});

async function strikes(): Promise<number> {
  const [row] = await scene.fixture.rows<{ strikes: number }>('SELECT strikes FROM gateway.jobs');
  return row?.strikes ?? 0;
}
