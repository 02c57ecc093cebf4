import { describe, it } from '@jest/globals';
import { fuzzAtRandom, replayFuzzCorpus } from '@touchstone/testing';

describe('hex, base64, signatures and times that are read are written back', () => {
  it('holds for every input that a coverage-guided run found worth keeping', () =>
    replayFuzzCorpus('encodings'));

  it('holds for hostile inputs', () => fuzzAtRandom('encodings'));
});
