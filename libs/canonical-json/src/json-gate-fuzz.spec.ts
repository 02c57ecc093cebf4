import { describe, it } from '@jest/globals';
import { fuzzAtRandom, replayFuzzCorpus } from '@touchstone/testing';

describe('the strict gate reads what JSON.parse reads, or refuses', () => {
  it('holds for every input that a coverage-guided run found worth keeping', () =>
    replayFuzzCorpus('json-gate'));

  it('holds for hostile inputs', () => fuzzAtRandom('json-gate'));
});
