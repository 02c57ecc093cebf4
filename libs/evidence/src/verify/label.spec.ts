import { describe, expect, it } from '@jest/globals';
import { labels, satisfies } from './label.js';

describe('satisfies', () => {
  it.each([
    ['L0', 'L0', false, true],
    ['L0', 'L1', false, false],
    ['L1', 'L1', false, true],
    ['L1', 'L2', true, false],
    ['L2', 'L1', false, true],
    ['L2', 'L2', false, true],
    ['L2-test', 'L1', false, true],
    ['L2-test', 'L2', false, false],
    ['L2-test', 'L2', true, true],
  ] as const)('%s for %s (test networks allowed: %s) is %s', (label, required, allowTest, expected) => {
    expect(satisfies(label, required, allowTest)).toBe(expected);
  });

  it('orders the labels from nothing to anchored', () => {
    expect(labels).toEqual(['L0', 'L1', 'L2-test', 'L2']);
  });
});
