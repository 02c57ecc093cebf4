import { describe, expect, it } from '@jest/globals';
import { FakeClock } from '@touchstone/testing';
import { RecentCount } from './recent-count.js';

describe('RecentCount', () => {
  it('counts what came in the last minute and forgets the rest', () => {
    const clock = new FakeClock('2026-01-02T03:04:05Z');
    const recent = new RecentCount(clock);
    expect(recent.total()).toBe(0);
    recent.add(2);
    recent.add(1);
    clock.advance(30_000);
    recent.add(4);
    expect(recent.total()).toBe(7);
    clock.advance(29_999);
    expect(recent.total()).toBe(7);
    clock.advance(1);
    expect(recent.total()).toBe(4);
    clock.advance(30_000);
    expect(recent.total()).toBe(0);
  });

  it('keeps one number for each second, whatever the rate', () => {
    const clock = new FakeClock('2026-01-02T03:04:05Z');
    const recent = new RecentCount(clock);
    for (let index = 0; index < 1_200; index += 1) {
      recent.add(1);
      clock.advance(100);
    }
    // The clock stands at the start of a second that is still empty; the 59 before it are full.
    expect(recent.total()).toBe(590);
  });
});
