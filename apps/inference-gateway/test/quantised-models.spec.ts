import { describe, expect, it } from '@jest/globals';
import { inputsOf, integerAnswers, quantisedModels, runtimeAnswers } from './support/quantised-models.js';

const RUNS = 200;

describe.each(quantisedModels)('the integer model of $name', (model) => {
  const rows = inputsOf(model, RUNS);
  const answers = integerAnswers(model.file, rows);

  it(`answers ${RUNS} inputs as the runtime does with the graph as it is written`, () => {
    expect(answers).toEqual(runtimeAnswers(model.file, rows, 'disabled'));
    expect(new Set(answers.flat()).size).toBeGreaterThan(20);
  });

  it('answers them as the runtime does with kernels for whole numbers, but for means around an odd zero point', () => {
    const isEqual = JSON.stringify(answers) === JSON.stringify(runtimeAnswers(model.file, rows, 'all'));
    expect(isEqual).toBe(model.isOnlyExactAsWritten !== true);
  });
});
