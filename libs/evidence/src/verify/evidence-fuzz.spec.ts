import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { hostileBytes, loadFuzzTarget } from '@touchstone/testing';

const { target, corpus } = await loadFuzzTarget('evidence');

describe('neither a bundle nor a trust file throws, and no explanation steers the terminal', () => {
  it('for every input that a coverage-guided run found worth keeping', async () => {
    expect(corpus.length).toBeGreaterThan(0);
    for (const bytes of [...target.seeds(), ...corpus]) await target.run(bytes);
  });

  it('for hostile inputs', async () => {
    await fc.assert(
      fc.asyncProperty(hostileBytes(target), async (bytes) => target.run(bytes)),
      { numRuns: 300, interruptAfterTimeLimit: 10_000 },
    );
  });
});
