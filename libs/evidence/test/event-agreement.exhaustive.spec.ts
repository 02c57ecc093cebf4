import { describe, expect, it } from '@jest/globals';
import { eventBatchFormats } from '@touchstone/event-batch';
import { pythonWithCryptography, verifyPairsIndependently, type IndependentCase } from '@touchstone/testing';
import { bundleText, labels, verifyEvidence, type TrustFile } from '../src/index.js';
import { eventFixture, eventKey, eventOf, type EventFixtureOptions } from './event-fixture.js';
import { NOW_MS } from './log-and-chain.js';
import { mutations, type Json } from './mutations.js';
import { ourVerdict, theirVerdict } from './verdict.js';

const NOW = '2026-06-01T12:00:00Z';
const python = pythonWithCryptography();
const withPython = python === undefined ? it.skip : it;

const plain = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;

/** Verdict, label, remarks, failed steps and their reasons are the same. */
function expectAgreement(cases: readonly IndependentCase[]): void {
  const theirs = verifyPairsIndependently(python as string, cases, NOW).map(theirVerdict);
  const differing = cases.flatMap(({ bundle, trust }, index) => {
    const ours = ourVerdict(bundle, trust);
    return ours === theirs[index] ? [] : [`${index}: ours ${ours} | theirs ${theirs[index]}`];
  });
  expect(differing.slice(0, 10)).toEqual([]);
}

describe.each(eventBatchFormats)('the two verifiers give one answer on an event of %s', (format) => {
  const other: Omit<EventFixtureOptions, 'format'> = {
    events: ['f', 'g', 'h', 'i', 'j'].map(eventOf),
    batchId: '019a0000-0000-7000-8000-0000000000e2',
  };

  withPython(
    'for everything that is done to a bundle',
    async () => {
      const [first, second] = [await eventFixture({ format }), await eventFixture({ format, ...other })];
      const trust = JSON.stringify(first.trust);
      const changed = [...mutations(plain(first.bundle), plain(second.bundle))];
      expect(changed.length).toBeGreaterThan(1_000);
      expectAgreement(changed.map(({ text }) => ({ bundle: text, trust })));
    },
    120_000,
  );

  withPython(
    'for everything that is done to a trust file',
    async () => {
      const [first, second] = [await eventFixture({ format }), await eventFixture({ format, ...other })];
      const revoked: TrustFile['keys'][number] = {
        ...eventKey,
        status: 'revoked',
        revoked_at: '2026-06-01T11:59:00Z',
        compromised_since: '2026-06-01T11:30:00Z',
      };
      const bundle = bundleText(first.bundle);
      const changed = [...mutations(plain({ ...first.trust, keys: [revoked] }), plain(second.trust))];
      expect(changed.length).toBeGreaterThan(500);
      expectAgreement(changed.map(({ text }) => ({ bundle, trust: text })));
    },
    120_000,
  );

  withPython(
    'for events of every size, at every place in batches of 1 to 9',
    async () => {
      const cases: IndependentCase[] = [];
      for (let count = 1; count <= 9; count += 1) {
        const events = Array.from({ length: count }, (_, index) => eventOf(`id-${index}`));
        for (let leafIndex = 0; leafIndex < count; leafIndex += 1) {
          const { bundle, trust } = await eventFixture({ format, events, leafIndex });
          const claims = [leafIndex, leafIndex ^ 1, count].flatMap((index) =>
            [count, count + 1].map((treeSize) => ({ ...bundle.inclusion, leafIndex: index, treeSize })),
          );
          for (const inclusion of claims)
            cases.push({ bundle: JSON.stringify({ ...bundle, inclusion }), trust: JSON.stringify(trust) });
        }
      }
      expect(cases.length).toBe(270);
      expectAgreement(cases);
    },
    120_000,
  );

  it('and trust is monotone: what a trust file lacks makes nothing invalid, and the whole one gives the highest label', async () => {
    const { bundle, trust } = await eventFixture({ format });
    const text = bundleText(bundle);
    const rank = (file: TrustFile): number => {
      const { result, label } = verifyEvidence(text, { trust: file, nowMs: NOW_MS });
      expect(result).toBe('VALID');
      return labels.indexOf(label);
    };
    const less: readonly Partial<TrustFile>[] = [
      { keys: [] },
      { logs: [] },
      { chains: [] },
      { independent: [] },
      { chains: trust.chains.map((chain) => ({ ...chain, blocks: [] })) },
      { chains: trust.chains.map(({ contract: _, ...chain }) => chain) },
    ];
    for (const lacking of less)
      for (const more of less) {
        const one = rank({ ...trust, ...lacking });
        expect(rank({ ...trust, ...lacking, ...more })).toBeLessThanOrEqual(Math.max(one, rank(trust)));
        expect(one).toBeLessThanOrEqual(rank(trust));
      }
    expect(rank(trust)).toBe(labels.indexOf('L2'));
  });
});
