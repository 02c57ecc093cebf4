import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { hostileBytes, loadFuzzTarget } from '@touchstone/testing';

const { target, corpus } = await loadFuzzTarget('rlp');

describe('RLP that is read is what @ethereumjs/rlp reads, and is written back', () => {
  it('holds for every input that a coverage-guided run found worth keeping', async () => {
    expect(corpus.length).toBeGreaterThan(0);
    for (const bytes of [...target.seeds(), ...corpus]) await target.run(bytes);
  });

  it('holds for hostile inputs', async () => {
    await fc.assert(
      fc.asyncProperty(hostileBytes(target), async (bytes) => target.run(bytes)),
      { numRuns: 3_000, interruptAfterTimeLimit: 10_000 },
    );
  });
});
