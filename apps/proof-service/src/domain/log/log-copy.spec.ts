import { describe, expect, it } from '@jest/globals';
import { LogCopy, READY_SAMPLES_MAX } from './log-copy.js';

type Parts = ConstructorParameters<typeof LogCopy>;

describe('the copy of the log', () => {
  it.each([
    [READY_SAMPLES_MAX, READY_SAMPLES_MAX],
    [READY_SAMPLES_MAX + 1, READY_SAMPLES_MAX],
  ])('measures of %d anchored outputs %d', async (outputs, measured) => {
    let told = 0;
    const store = {
      extend: () => Promise.resolve(0),
      pendingCheckpoints: () => Promise.resolve([]),
      matchAnchors: () => Promise.resolve({ from: 0n, to: 1n }),
      outputsIn: (_range: unknown, most: number) =>
        Promise.resolve(Array(outputs).fill({ verificationId: 'id' }).slice(0, most)),
    } as unknown as Parts[0];
    const observer = {
      outputsAnchored: (anchored: readonly unknown[]) => (told = anchored.length),
    } as unknown as Parts[2];
    await new LogCopy(store, {} as Parts[1], observer).catchUp();
    expect(told).toBe(measured);
  });
});
