import { describe, expect, it } from '@jest/globals';
import { inputsOf, integerAnswers, quantisedModels, runtimeAnswers } from './support/quantised-models.js';

const RUNS = 10_000;

describe.each(quantisedModels)('the integer model of $name', (model) => {
  it(`answers ${RUNS} inputs as the runtime does`, () => {
    const rows = inputsOf(model, RUNS);
    expect(integerAnswers(model.file, rows)).toEqual(runtimeAnswers(model.file, rows, 'disabled'));
  }, 300_000);
});
