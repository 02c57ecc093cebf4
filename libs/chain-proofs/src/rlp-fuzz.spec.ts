import { describe, it } from '@jest/globals';
import { fuzzAtRandom, replayFuzzCorpus } from '@touchstone/testing';

describe('RLP that is read is what @ethereumjs/rlp reads, and is written back', () => {
  it('holds for every input that a coverage-guided run found worth keeping', () => replayFuzzCorpus('rlp'));

  it('holds for hostile inputs', () => fuzzAtRandom('rlp'));
});
