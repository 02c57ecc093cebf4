import { describe, expect, it } from '@jest/globals';
import { revenueQuery } from './developers.js';
import {
  PUBLIC_KEY_PEM_CHARACTERS_MAX,
  SUBMISSIONS_PAGE_MAX,
  submissionManifest,
  submissionsQuery,
} from './market.js';

const manifest = { name: 'iris', priceAtomic: '1', description: 'Irises.', licence: 'MIT' };

describe('what a developer says about a model', () => {
  it('has defaults for what may be left out, and needs a description and a licence', () => {
    expect(submissionManifest.parse(manifest)).toEqual({
      ...manifest,
      ...{ version: '1.0.0', task: 'inference', revenueShareBps: 7_000 },
    });
    for (const name of ['description', 'licence', 'name', 'priceAtomic'] as const)
      expect(submissionManifest.safeParse({ ...manifest, [name]: undefined }).success).toBe(false);
    expect(submissionManifest.safeParse({ ...manifest, developer: 'me' }).success).toBe(false);
  });

  it('has a key of at most PUBLIC_KEY_PEM_CHARACTERS_MAX, and basis points of a whole', () => {
    const key = (characters: number) =>
      submissionManifest.safeParse({ ...manifest, modelSigning: { publicKeyPem: 'k'.repeat(characters) } });
    expect(key(PUBLIC_KEY_PEM_CHARACTERS_MAX).success).toBe(true);
    expect(key(PUBLIC_KEY_PEM_CHARACTERS_MAX + 1).success).toBe(false);
    const share = (revenueShareBps: number) =>
      submissionManifest.safeParse({ ...manifest, revenueShareBps }).success;
    expect([-1, 0, 10_000, 10_001, 0.5].map(share)).toEqual([false, true, true, false, false]);
  });
});

describe('lists of submissions', () => {
  it('have pages of at most SUBMISSIONS_PAGE_MAX', () => {
    const page = (limit: number) => submissionsQuery.safeParse({ limit: String(limit) }).success;
    expect([0, 1, SUBMISSIONS_PAGE_MAX, SUBMISSIONS_PAGE_MAX + 1].map(page)).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });
});

describe('days of revenue', () => {
  it('are days, and nothing that looks like one', () => {
    const isDay = (from: string) => revenueQuery.safeParse({ from }).success;
    expect(['2026-11-30', '2024-02-29'].map(isDay)).toEqual([true, true]);
    expect(['2026-02-29', '2026-1-1', '2026-11-30T00:00:00Z', ''].map(isDay)).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});
