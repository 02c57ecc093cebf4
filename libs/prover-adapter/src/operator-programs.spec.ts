import { describe, expect, it } from '@jest/globals';
import { JOLT_DEADLINE_MS, joltProgram } from './operator-programs.js';

describe('the program of JOLT_BINARY_PATH', () => {
  it('has 60 seconds', () => {
    const command = '/opt/jolt/pap';
    expect(joltProgram({ JOLT_BINARY_PATH: command })).toEqual({
      ...{ name: 'jolt-atlas', command },
      deadlineMs: JOLT_DEADLINE_MS,
    });
    expect(JOLT_DEADLINE_MS).toBe(60_000);
  });

  it('is none where none is named, and an error where the path is relative', () => {
    expect(joltProgram({})).toBeUndefined();
    expect(joltProgram({ JOLT_BINARY_PATH: '' })).toBeUndefined();
    expect(() => joltProgram({ JOLT_BINARY_PATH: 'jolt' })).toThrow(RangeError);
  });
});
