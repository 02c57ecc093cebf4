import { describe, it } from '@jest/globals';
import { fuzzAtRandom, replayFuzzCorpus } from '@touchstone/testing';

describe('a key or proof that is read is what was written', () => {
  it('holds for every input that a coverage-guided run found worth keeping', () =>
    replayFuzzCorpus('groth16'));

  it('holds for hostile inputs', () => fuzzAtRandom('groth16'));
});
