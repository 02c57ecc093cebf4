import { describe, expect, it } from '@jest/globals';
import { CONFIRMATIONS_MAX, readOptions } from '../src/options.js';

describe('the options of the fault suite', () => {
  it.each([1, CONFIRMATIONS_MAX])('take %d confirmations', (count) => {
    expect(readOptions(['--confirmations', String(count)])).toMatchObject({ confirmations: count });
  });

  it.each(['0', String(CONFIRMATIONS_MAX + 1), 'x'])('refuse %s confirmations', (count) => {
    expect(() => readOptions(['--confirmations', count])).toThrow(/expected a number from 1 to 5/);
  });

  it('ask for one confirmation unless told otherwise', () => {
    expect(readOptions([])).toMatchObject({ confirmations: 1 });
  });
});
