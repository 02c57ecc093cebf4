import { describe, it } from '@jest/globals';
import { fuzzAtRandom, replayFuzzCorpus } from '@touchstone/testing';

describe('a note, checkpoint or verifier key that is read is written back', () => {
  it('holds for every input that a coverage-guided run found worth keeping', () => replayFuzzCorpus('note'));

  it('holds for hostile inputs', () => fuzzAtRandom('note'));
});
