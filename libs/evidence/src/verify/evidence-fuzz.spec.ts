import { describe, it } from '@jest/globals';
import { fuzzAtRandom, replayFuzzCorpus } from '@touchstone/testing';

describe('neither a bundle nor a trust file throws, and no explanation steers the terminal', () => {
  it('for every input that a coverage-guided run found worth keeping', () => replayFuzzCorpus('evidence'));

  it('for hostile inputs', () => fuzzAtRandom('evidence', 300));
});
