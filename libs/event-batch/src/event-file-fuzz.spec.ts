import { describe, it } from '@jest/globals';
import { fuzzAtRandom } from '@touchstone/testing';

describe('a file of events is read alike in pieces of any size', () => {
  it('holds for hostile inputs', () => fuzzAtRandom('event-file'));
});
