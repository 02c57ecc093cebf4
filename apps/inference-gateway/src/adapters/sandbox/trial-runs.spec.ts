import { describe, expect, it } from '@jest/globals';
import { AppError, type CanonicalTensor, type TensorSpec } from '@touchstone/contracts';
import { INPUT_ELEMENTS_MAX } from '../../domain/request/request-limits.js';
import { trialShapes, tryOut } from './trial-runs.js';

const LONG_MS = 60_000;
const input = (shape?: number[]): TensorSpec => ({
  name: 'x',
  datatype: 'FP32',
  ...(shape && { shape: shape as (-1 | number)[] }),
});
const shapesOf = (...inputs: TensorSpec[]) => [...trialShapes(inputs)];
const refusal = () => new AppError('inference-failed', 'The runtime refused: no.');

/** A model that runs where the first input has so many elements. */
const runningAt =
  (...sizes: number[]) =>
  (inputs: readonly CanonicalTensor[]): Promise<readonly CanonicalTensor[]> => {
    const elements = (inputs[0]?.shape ?? []).reduce((product, size) => product * size, 1);
    return sizes.includes(elements) ? Promise.resolve(inputs) : Promise.reject(refusal());
  };

describe('trialShapes', () => {
  it('are one where the file fixes every size', () => {
    expect(shapesOf(input([2, 3]), input([]))).toEqual([[[2, 3], []]]);
  });

  it('have one size for all that is open, small ones first, with and without it for what comes first', () => {
    const shapes = shapesOf(input([-1, 3, -1]), input([-1]));
    expect(shapes.slice(0, 4)).toEqual([
      [[1, 3, 1], [1]],
      [[1, 3, 2], [1]],
      [[2, 3, 2], [2]],
      [[1, 3, 3], [1]],
    ]);
    expect(shapes).toContainEqual([[1, 3, 224], [1]]);
    expect(new Set(shapes.map((each) => JSON.stringify(each))).size).toBe(shapes.length);
  });

  it('have up to four dimensions and none where the file declares no shape', () => {
    const shapes = shapesOf(input(), input([2]));
    for (const expected of [[4], [1, 4], [4, 4], [1, 4, 4], [1, 8, 8, 8], []]) {
      expect(shapes).toContainEqual([expected, [2]]);
    }
  });

  it('are never larger than a request can carry', () => {
    for (const shapes of shapesOf(input([-1, 3, -1, -1]), input())) {
      for (const shape of shapes) {
        expect(shape.reduce((product, size) => product * size, 1)).toBeLessThanOrEqual(INPUT_ELEMENTS_MAX);
      }
    }
    expect(shapesOf(input([-1, 3, -1, -1]))).toContainEqual([[1, 3, 224, 224]]);
    expect(shapesOf(input([-1, INPUT_ELEMENTS_MAX]))).toEqual([[[1, INPUT_ELEMENTS_MAX]]]);
  });
});

describe('tryOut', () => {
  it('goes on until two runs have shown what the model gives', async () => {
    const trial = await tryOut(runningAt(1, 2, 3, 4), [input([-1])], LONG_MS);
    expect(trial.ran?.map(([tensor]) => tensor?.shape)).toEqual([[1], [2]]);
    expect(trial.ran?.[1]?.[0]?.data).toBe(Buffer.alloc(8).toString('base64'));
  });

  it('is content with one run where no other size works, or the sizes are fixed', async () => {
    expect((await tryOut(runningAt(16), [input([-1])], LONG_MS)).ran).toHaveLength(1);
    expect((await tryOut(runningAt(6), [input([2, 3])], LONG_MS)).ran).toHaveLength(1);
  });

  it('tells the first refusal when no size works', async () => {
    const trial = await tryOut(runningAt(), [input([1, -1])], LONG_MS);
    expect(trial).toMatchObject({ ran: undefined, tried: 8, error: { message: 'The runtime refused: no.' } });
  });

  it.each([
    ['takes too long', new AppError('timeout', 'The model did not answer.')],
    ['ends its process', new AppError('inference-failed', 'The worker ended during the run.')],
  ])('tries no further size when a run %s', async (_name, error) => {
    let runs = 0;
    const run = () => {
      runs += 1;
      return Promise.reject(runs === 1 ? refusal() : error);
    };
    expect(await tryOut(run, [input([-1])], LONG_MS)).toEqual({ ran: undefined, tried: 2, error });
  });

  it('keeps what ran when a later run fails', async () => {
    let runs = 0;
    const run = (inputs: readonly CanonicalTensor[]) => {
      runs += 1;
      return runs === 1 ? Promise.resolve(inputs) : Promise.reject(new AppError('timeout', 'Too long.'));
    };
    expect((await tryOut(run, [input([-1])], LONG_MS)).ran).toHaveLength(1);
    expect(runs).toBe(2);
  });

  it('begins no further run after its time, and always the first', async () => {
    let runs = 0;
    const run = () => {
      runs += 1;
      return Promise.reject(refusal());
    };
    expect(await tryOut(run, [input([-1])], -1)).toMatchObject({ ran: undefined, tried: 1 });
    expect(runs).toBe(1);
  });
});
