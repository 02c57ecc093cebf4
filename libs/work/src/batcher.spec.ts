import { describe, expect, it } from '@jest/globals';
import {
  BATCHER_ITEMS_DEFAULT_MAX,
  BATCHER_QUEUE_DEFAULT_MAX,
  BATCHER_WRITERS_DEFAULT_MAX,
  Batcher,
} from './batcher.js';

const tick = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A writer that records its groups and can be held or told to fail. */
function recorder() {
  const groups: number[][] = [];
  const releases: (() => void)[] = [];
  let held = false;
  return {
    groups,
    hold: () => {
      held = true;
    },
    release: () => {
      held = false;
      for (const release of releases.splice(0)) release();
    },
    write: async (items: readonly number[]) => {
      groups.push([...items]);
      if (held) await new Promise<void>((resolve) => releases.push(resolve));
      return items.map((item) => item * 2);
    },
  };
}

describe('group commit', () => {
  it('writes what comes together with one statement and gives each caller its own result', async () => {
    const writer = recorder();
    const group = new Batcher<number, number>({ write: writer.write });
    expect(await Promise.all([1, 2, 3].map((item) => group.add(item)))).toEqual([2, 4, 6]);
    expect(writer.groups).toEqual([[1, 2, 3]]);
  });

  it('lets a lone caller not wait for company', async () => {
    const writer = recorder();
    const group = new Batcher<number, number>({ write: writer.write, delayMs: 60_000 });
    expect(await group.add(1)).toBe(2);
    expect(await group.add(2)).toBe(4);
    expect(writer.groups).toEqual([[1], [2]]);
  });

  it('waits for company again once callers met', async () => {
    const writer = recorder();
    const group = new Batcher<number, number>({ write: writer.write, delayMs: 50 });
    await Promise.all([group.add(1), group.add(2)]);
    const startedMs = performance.now();
    const third = group.add(3);
    await tick(5);
    await Promise.all([third, group.add(4)]);
    // A timer may fire up to a millisecond early.
    expect(performance.now() - startedMs).toBeGreaterThan(45);
    expect(writer.groups).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('gathers others for its delay while somebody writes, and no longer', async () => {
    const writer = recorder();
    writer.hold();
    const group = new Batcher<number, number>({ write: writer.write, delayMs: 50 });
    const added = [group.add(1)];
    await tick(5);
    added.push(group.add(2));
    await tick(5);
    added.push(group.add(3));
    expect(writer.groups).toEqual([[1]]);
    await tick(200);
    expect(writer.groups).toEqual([[1], [2, 3]]);
    writer.release();
    expect(await Promise.all(added)).toEqual([2, 4, 6]);
  });

  it('starts at once when a group is full, and never writes a larger one', async () => {
    const writer = recorder();
    const group = new Batcher<number, number>({ write: writer.write, itemsMax: 4, delayMs: 60_000 });
    await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((item) => group.add(item)));
    expect(writer.groups).toEqual([
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ]);
  });

  it('resolves a caller only after the write', async () => {
    const writer = recorder();
    writer.hold();
    const group = new Batcher<number, number>({ write: writer.write, delayMs: 1 });
    let resolved = false;
    const added = group.add(1).then(() => {
      resolved = true;
    });
    await tick(20);
    expect(resolved).toBe(false);
    writer.release();
    await added;
    expect(resolved).toBe(true);
  });

  it('keeps to its number of writers and writes what waited afterwards', async () => {
    const writer = recorder();
    writer.hold();
    const group = new Batcher<number, number>({
      write: writer.write,
      itemsMax: 1,
      writersMax: 2,
      delayMs: 1,
    });
    const added = [1, 2, 3, 4].map((item) => group.add(item));
    await tick(20);
    expect(writer.groups).toEqual([[1], [2]]);
    writer.release();
    expect(await Promise.all(added)).toEqual([2, 4, 6, 8]);
  });

  it('has groups, writers and a queue of its own size when nothing else is said', async () => {
    const writer = recorder();
    writer.hold();
    const group = new Batcher<number, number>({ write: writer.write, delayMs: 60_000 });
    const running = BATCHER_WRITERS_DEFAULT_MAX * BATCHER_ITEMS_DEFAULT_MAX;
    const added = Array.from({ length: running + BATCHER_QUEUE_DEFAULT_MAX }, (_, item) => group.add(item));
    expect(writer.groups.map(({ length }) => length)).toEqual(
      Array(BATCHER_WRITERS_DEFAULT_MAX).fill(BATCHER_ITEMS_DEFAULT_MAX),
    );
    await expect(group.add(-1)).rejects.toMatchObject({ code: 'queue-full' });
    writer.release();
    await group.close();
    expect(await Promise.all(added)).toHaveLength(added.length);
    expect(Math.max(...writer.groups.map(({ length }) => length))).toBe(BATCHER_ITEMS_DEFAULT_MAX);
  });

  it('rejects every caller of a failed group and goes on with the next', async () => {
    let fail = true;
    const group = new Batcher<number, number>({
      write: (items) => (fail ? Promise.reject(new Error('The disk is full.')) : Promise.resolve(items)),
    });
    const settled = await Promise.allSettled([1, 2, 3].map((item) => group.add(item)));
    expect(
      settled.map((result) => (result.status === 'rejected' ? String(result.reason) : 'resolved')),
    ).toEqual(Array(3).fill('Error: The disk is full.'));
    fail = false;
    expect(await group.add(4)).toBe(4);
  });

  it('rejects all callers when the writer gives a wrong number of results', async () => {
    const group = new Batcher<number, number>({ write: () => Promise.resolve([1]) });
    await expect(Promise.all([group.add(1), group.add(2)])).rejects.toThrow(
      '2 items was written with 1 results',
    );
  });

  it('rejects all callers when the writer throws instead of rejecting', async () => {
    const group = new Batcher<number, number>({
      write: () => {
        throw new Error('thrown');
      },
    });
    await expect(group.add(1)).rejects.toThrow('thrown');
  });

  it('takes as many waiting items as its queue holds and refuses one more', async () => {
    const writer = recorder();
    writer.hold();
    const group = new Batcher<number, number>({
      write: writer.write,
      itemsMax: 1,
      writersMax: 1,
      queueMax: 2,
      delayMs: 1,
    });
    const added = [1, 2, 3].map((item) => group.add(item));
    await expect(group.add(4)).rejects.toMatchObject({ code: 'queue-full', retryable: true });
    writer.release();
    expect(await Promise.all(added)).toEqual([2, 4, 6]);
  });

  it('writes what waits when it closes, and takes nothing afterwards', async () => {
    const writer = recorder();
    const group = new Batcher<number, number>({ write: writer.write, delayMs: 60_000 });
    const added = group.add(1);
    await group.close();
    expect(await added).toBe(2);
    await expect(group.add(2)).rejects.toMatchObject({ code: 'queue-full' });
  });
});
