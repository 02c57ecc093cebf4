import { describe, expect, it } from '@jest/globals';
import { WATCHES_MAX } from '../watches.js';
import type { Job } from './job.js';
import { JobWatches, type PlacedJob } from './watch-job.js';

/** A job that comes nearer at each look: its places, then its end. */
function watching(places: readonly number[]) {
  let looks = 0;
  const find = async (): Promise<Job> => {
    const isQueued = looks < places.length;
    return { id: 'j', status: isQueued ? 'queued' : 'succeeded', endedAtMs: isQueued ? undefined : 1 } as Job;
  };
  const position = async (): Promise<number> => places[looks++] ?? 0;
  return new JobWatches({ store: { find, position }, nowMs: () => 0 });
}

async function told(watches: JobWatches, signal = new AbortController().signal): Promise<PlacedJob[]> {
  const seen: PlacedJob[] = [];
  for await (const found of watches.watch('j', signal)) seen.push(found);
  return seen;
}

describe('a watch of a job', () => {
  it('tells each place in the queue once, and ends with the job', async () => {
    const seen = await told(watching([2, 2, 1]));
    expect(seen.map(({ job, position }) => [job.status, position])).toEqual([
      ['queued', 2],
      ['queued', 1],
      ['succeeded', null],
    ]);
  });

  it('of a job that is not there is refused', async () => {
    const store = { find: async () => undefined, position: async () => 1 };
    await expect(told(new JobWatches({ store, nowMs: () => 0 }))).rejects.toMatchObject({
      code: 'not-found',
      message: 'There is no job j; one that ended long ago is not kept.',
    });
  });

  it('is one of WATCHES_MAX', async () => {
    const watches = watching(Array.from({ length: WATCHES_MAX * 4 }, () => 1));
    const left = new AbortController();
    const all = Array.from({ length: WATCHES_MAX }, () => told(watches, left.signal));
    await expect(told(watches)).rejects.toMatchObject({
      code: 'queue-full',
      message: `${WATCHES_MAX} jobs are being watched.`,
    });
    left.abort();
    await Promise.all(all);
  });
});
