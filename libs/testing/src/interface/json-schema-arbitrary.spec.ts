import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { arbitraryOf } from './json-schema-arbitrary.js';

describe('arbitraryOf', () => {
  it.each([
    ['longer than what is made without a pattern', { pattern: '^[0-9a-f]{400}$' }, 400, 400],
    [
      'repeated more often than by default',
      { pattern: '^(?:[0-9a-f]{2})*$', minLength: 16, maxLength: 144 },
      16,
      144,
    ],
    ['without a pattern', { minLength: 3, maxLength: 5 }, 3, 10],
  ])('makes text that is %s', (_, keywords, least, most) => {
    for (const text of fc.sample(arbitraryOf({ type: 'string', ...keywords }, {}), {
      seed: 1,
      numRuns: 50,
    })) {
      expect(String(text).length).toBeGreaterThanOrEqual(least);
      expect(String(text).length).toBeLessThanOrEqual(most);
    }
  });
});
