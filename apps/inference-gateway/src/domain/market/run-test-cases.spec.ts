import { describe, expect, it } from '@jest/globals';
import type { CanonicalTensor, ModelDatatype } from '@touchstone/contracts';
import { manifestOfAdded } from '../model/manifest-of-added.js';
import { runTestCases, TEST_CASES_TIME_MAX_MS } from './run-test-cases.js';

const tensor = (name: string, datatype: ModelDatatype, data: readonly (number | string | boolean)[]) => ({
  ...{ name, datatype, shape: [data.length], data: [...data] },
});

/** A model that gives back what it is given, after so many milliseconds. */
function echo(datatype: ModelDatatype, tookMs = 0) {
  let nowMs = 0;
  const said = { name: 'echo', version: '1.0.0', developer: 'nobody', priceAtomic: '0', task: 'inference' };
  const tensors = {
    inputs: [{ name: 'x', datatype, shape: [-1] }],
    outputs: [{ name: 'x', datatype, shape: [-1] }],
  };
  return {
    manifest: manifestOfAdded(said, 'ab'.repeat(32), tensors as never),
    run: (_what: string, inputs: readonly CanonicalTensor[]) => {
      nowMs += tookMs;
      return Promise.resolve(inputs);
    },
    nowMs: () => nowMs,
  };
}

const expecting = (
  datatype: ModelDatatype,
  given: readonly (number | string | boolean)[],
  expected: readonly (number | string | boolean)[],
  tolerance = 0.5,
) => ({
  ...{ inputs: [tensor('x', datatype, given)], outputs: [tensor('x', datatype, expected)], tolerance },
});

describe('test cases', () => {
  it.each([
    ['FP32', [1, 2.5], [1.5, 2], true],
    ['FP32', [1], [1.75], false],
    ['FP64', [-0], [0], true],
    ['INT8', [1, 2], [1, 2], true],
    ['INT8', [1], [2], false],
    ['INT64', ['9007199254740993'], ['9007199254740993'], true],
    ['INT64', ['9007199254740993'], ['9007199254740992'], false],
    ['BOOL', [true, false], [true, false], true],
    ['BOOL', [true], [false], false],
  ] as const)('of %s hold for %j where %j is expected: %s', async (datatype, given, expected, holds) => {
    const ran = runTestCases(echo(datatype), [expecting(datatype, given, expected)]);
    await (holds
      ? expect(ran).resolves.toBeUndefined()
      : expect(ran).rejects.toThrow('test case 1: element 0'));
  });

  it('are refused for what a request would be refused for', async () => {
    const wrong = { ...expecting('FP32', [1], [1]), inputs: [tensor('y', 'FP32', [1])] };
    await expect(runTestCases(echo('FP32'), [wrong])).rejects.toThrow('test case 1: The inputs do not fit');
  });

  it('begin within TEST_CASES_TIME_MAX_MS', async () => {
    const two = [expecting('FP32', [1], [1]), expecting('FP32', [2], [2])];
    await expect(runTestCases(echo('FP32', TEST_CASES_TIME_MAX_MS), two)).resolves.toBeUndefined();
    await expect(runTestCases(echo('FP32', TEST_CASES_TIME_MAX_MS + 1), two)).rejects.toThrow(
      'the test cases before test case 2 took more than',
    );
  });
});
