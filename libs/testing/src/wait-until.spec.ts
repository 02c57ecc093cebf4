import { describe, expect, it } from '@jest/globals';
import { FakeClock } from './clock.js';
import { waitUntil } from './wait-until.js';

describe('waitUntil', () => {
  it('gives what the probe gives at last, whatever it throws before', async () => {
    let asked = 0;
    const probe = async () => {
      asked += 1;
      if (asked === 1) throw new Error('not yet');
      return asked === 3 && 'done';
    };
    await expect(waitUntil(probe)).resolves.toBe('done');
  });

  it('gives up and tells the last error', async () => {
    const waiting = waitUntil(() => Promise.reject(new Error('broken')), 50, 'a thing');
    await expect(waiting).rejects.toMatchObject({
      message: 'Waited 50 ms for a thing in vain.',
      cause: expect.objectContaining({ message: 'broken' }),
    });
  });
});

describe('FakeClock', () => {
  it('moves only when it is moved', () => {
    const clock = new FakeClock(1_000);
    clock.advance(500);
    expect(clock.nowMs()).toBe(1_500);
    clock.set('1970-01-01T00:00:09Z');
    expect(clock.nowMs()).toBe(9_000);
  });
});
