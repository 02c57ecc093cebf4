import { describe, expect, it } from '@jest/globals';
import { BATCHES_WAITING_MAX, StreamLanes } from './stream-lanes.js';

describe('the lanes of streams', () => {
  it('let one piece of work a stream go on at a time, in order, and streams beside each other', async () => {
    const lanes = new StreamLanes();
    const seen: string[] = [];
    const work = (name: string) => async () => {
      seen.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(`${name} ends`);
      if (name === 'a1') throw new Error('a1 fails');
      return name;
    };
    const ended = await Promise.allSettled([
      lanes.run('a', work('a1')),
      lanes.run('a', work('a2')),
      lanes.run('b', work('b1')),
    ]);
    expect(ended.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(seen.slice(0, 2)).toEqual(['a1 begins', 'b1 begins']);
    expect(seen.indexOf('a2 begins')).toBeGreaterThan(seen.indexOf('a1 ends'));
  });

  it('hold BATCHES_WAITING_MAX behind the one that goes on, not one more, and take others later', async () => {
    const lanes = new StreamLanes();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const running = Array.from({ length: BATCHES_WAITING_MAX + 1 }, () => lanes.run('a', () => held));
    await expect(lanes.run('a', () => held)).rejects.toMatchObject({ code: 'queue-full' });
    await expect(lanes.run('b', async () => 'other')).resolves.toBe('other');
    release();
    await Promise.all(running);
    await expect(lanes.run('a', async () => 'again')).resolves.toBe('again');
  });
});
