import { describe, it } from '@jest/globals';
import { fuzzAtRandom, replayFuzzCorpus } from '@touchstone/testing';

describe('a trie proof proves to @ethereumjs/mpt what it proves to us', () => {
  it('holds for every input that a coverage-guided run found worth keeping', () =>
    replayFuzzCorpus('trie-proof'));

  it('holds for hostile inputs', () => fuzzAtRandom('trie-proof', 2_000));
});
