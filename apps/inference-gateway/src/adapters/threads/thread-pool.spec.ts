import { afterEach, describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import { ThreadPool, type ThreadPoolOptions } from './thread-pool.js';

interface Told {
  readonly say?: string;
  readonly hang?: boolean;
  readonly fail?: string;
  readonly fill?: boolean;
}

const script = new URL('../../../test/support/told-thread.mjs', import.meta.url);
const pools: { close(): Promise<void> }[] = [];

function pool(change: Partial<ThreadPoolOptions<Told>> = {}) {
  const made = new ThreadPool<Told, { said: string }>({
    ...{ script, name: 'told', threads: 1, queueMax: 4, timeoutMs: 300, heapMebibytes: 64 },
    outOfMemory: () => new AppError('body-too-large', 'too much'),
    late: () => new AppError('timeout', 'too late'),
    ...change,
  });
  pools.push(made);
  return made;
}

afterEach(async () => {
  await Promise.all(pools.splice(0).map((each) => each.close()));
});

describe('a pool of threads', () => {
  it('does one job after the other in the same thread, in their order', async () => {
    const threads = pool({ timeoutMs: 5_000 });
    const said = await Promise.all(['a', 'b', 'c'].map((say) => threads.run({ say })));
    expect(said).toEqual([{ said: 'a' }, { said: 'b' }, { said: 'c' }]);
    expect(await threads.run({ say: 'd' })).toEqual({ said: 'd' });
  });

  it.each([
    ['does not come back', { hang: true }, 'timeout'],
    ['takes too much memory', { fill: true }, 'body-too-large'],
    ['fails', { fail: 'broken' }, 'internal'],
  ])('replaces a thread that %s, and goes on with who waits', async (_what, job, code) => {
    const threads = pool({ timeoutMs: code === 'timeout' ? 3_000 : 20_000 });
    const failed = threads.run(job).catch((error: unknown) => (error as AppError).code);
    const waiting = threads.run({ say: 'next' });
    expect(await failed).toBe(code);
    expect(await waiting).toEqual({ said: 'next' });
  });

  it('lets so many wait and no more', async () => {
    const threads = pool({ queueMax: 2, timeoutMs: 5_000 });
    const running = threads.run({ say: '0' });
    const waiting = [threads.run({ say: '1' }), threads.run({ say: '2' })];
    await expect(threads.run({ say: '3' })).rejects.toMatchObject({ code: 'queue-full' });
    expect(await Promise.all([running, ...waiting])).toHaveLength(3);
  });

  it('refuses who waits when it is closed, and who comes then', async () => {
    const threads = pool({ timeoutMs: 20_000 });
    const all = [threads.run({ hang: true }), threads.run({ say: 'late' })];
    const refused = all.map((each) => expect(each).rejects.toMatchObject({ code: 'dependency-unavailable' }));
    await threads.close();
    await Promise.all(refused);
    await expect(threads.run({ say: 'later' })).rejects.toMatchObject({ code: 'dependency-unavailable' });
  });
});
