import { describe, expect, it } from '@jest/globals';
import { MemoryFiles } from '../../../test/support/memory-files.js';
import type { JobFolders } from '../job-folders.js';
import { TimeBudget } from '../time-budget.js';
import {
  DEVELOPMENT_POWERS_LOG2_MAX,
  makeDevelopmentPowers,
  powersLog2For,
  powersSource,
  requirePublished,
} from './powers.js';
import { publishedPowers } from './published-powers.js';

const files = new MemoryFiles({ mine: Uint8Array.of(1, 2, 3) });

describe('powers of tau', () => {
  it('are those of the public ceremony by their hash alone', async () => {
    expect(await powersSource(files, 'mine')).toMatchObject({ source: 'development' });
    await expect(requirePublished(files, 'mine')).rejects.toMatchObject({ code: 'set-up-invalid' });
    const published = Object.assign(Object.create(files) as MemoryFiles, {
      digest: () => Promise.resolve(publishedPowers.get(14)),
    });
    expect(await powersSource(published, 'any')).toMatchObject({ source: 'perpetual-powers-of-tau' });
    expect(await requirePublished(published, 'any')).toBe(14);
  });

  it('are published for 2^8 to 2^28 constraints, each with a hash of its own', () => {
    expect([...publishedPowers.keys()]).toEqual(Array.from({ length: 21 }, (_, index) => 8 + index));
    expect(new Set(publishedPowers.values()).size).toBe(21);
    for (const hash of publishedPowers.values()) expect(hash).toMatch(/^[0-9a-f]{128}$/);
  });

  it.each([
    [17, 4, 5],
    [27, 4, 5],
    [28, 4, 6],
    [782, 75, 10],
    [948, 75, 10],
    [949, 75, 11],
  ])('for %i constraints and %i public signals are 2^%i', (constraintCount, publicCount, log2) => {
    expect(powersLog2For({ constraintCount, publicCount })).toBe(log2);
  });

  it.each([0, 1.5, Number.NaN, DEVELOPMENT_POWERS_LOG2_MAX + 1])('of 2^%d are not made here', (log2) => {
    expect(() => make(log2)).toThrow(expect.objectContaining({ code: 'resource-limit' }));
  });

  it('are made up to 2^DEVELOPMENT_POWERS_LOG2_MAX, and appear when they are whole', async () => {
    const asked: number[] = [];
    await make(DEVELOPMENT_POWERS_LOG2_MAX, asked);
    expect(asked).toEqual([DEVELOPMENT_POWERS_LOG2_MAX]);
    expect(await files.size('/cache/powers')).toBe(1);
    await expect(files.size('/cache/powers.half')).rejects.toThrow();
  });
});

function make(log2: number, asked: number[] = []) {
  const folder = {
    path: (name: string) => name,
    write: () => Promise.resolve(),
    read: () => Promise.resolve(''),
  };
  const folders: JobFolders = { use: (work) => work(folder) };
  const maker = {
    name: 'snarkjs' as const,
    startPowers: (size: number) => Promise.resolve(void asked.push(size)),
    contributePowers: () => Promise.resolve(),
    preparePowers: ({ to }: { to: string }) => files.replace(to, Uint8Array.of(1)),
    verifyPowers: () => Promise.resolve(true),
  };
  return makeDevelopmentPowers(
    { log2, entropy: '00', to: '/cache/powers' },
    { makers: [maker], files, folders },
    new TimeBudget(1_000),
  );
}
