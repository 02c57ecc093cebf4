import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { pythonWithCryptography, verifyPairsIndependently, type IndependentCase } from '@touchstone/testing';
import {
  bundleText,
  labels,
  readTrustFile,
  verifyEvidence,
  type OutputBundle,
  type TrustFile,
} from '../src/index.js';
import { fixture, NOW_MS } from './fixture.js';
import { lineCases, partCases, timeCases } from './golden/monotone-cases.js';
import type { GoldenCase } from './golden/golden-case.js';
import { flipped, mutations, type Json } from './mutations.js';
import { ourVerdict, theirVerdict } from './verdict.js';
import { cosigned, witnesses } from './witnesses.js';

const NOW = '2026-06-01T12:00:00Z';
const SEED = 20_261_128;
const python = pythonWithCryptography();
const withPython = python === undefined ? it.skip : it;

interface Pair {
  readonly bundle: OutputBundle;
  readonly trust: TrustFile;
}

let bundle: OutputBundle;
let trust: TrustFile;
/** Valid bundles with trust files that hold everything, false parts among them. */
const pairs: Pair[] = [];

beforeAll(async () => {
  const first = await fixture();
  bundle = await cosigned(first.bundle, 2);
  trust = { ...first.trust, witnesses: { k: 1, vkeys: witnesses.map(({ vkey }) => vkey) } };
  pairs.push({ bundle, trust });
  const cases: GoldenCase[] = [...(await lineCases()), ...(await partCases()), ...(await timeCases())];
  for (const { input } of cases) pairs.push(input as Pair);
});

function expectAgreement(cases: readonly IndependentCase[]): void {
  const theirs = verifyPairsIndependently(python as string, cases, NOW).map(theirVerdict);
  const ours = cases.map((each) => ourVerdict(each.bundle, each.trust));
  const differing = cases.flatMap((_case, index) =>
    ours[index] === theirs[index] ? [] : [`${index}: ours ${ours[index]} | theirs ${theirs[index]}`],
  );
  expect(differing.slice(0, 10)).toEqual([]);
}

describe('the two verifiers give one answer', () => {
  withPython(
    'for everything that is done to a bundle',
    async () => {
      const [original, other] = [await fixture(), await fixture({ leafIndex: 1 })];
      const trusted = JSON.stringify(original.trust);
      const changed = [
        ...mutations(
          JSON.parse(bundleText(original.bundle)) as Json,
          JSON.parse(bundleText(other.bundle)) as Json,
        ),
      ];
      expect(changed.length).toBeGreaterThan(1_000);
      expectAgreement(changed.map(({ text }) => ({ bundle: text, trust: trusted })));
    },
    120_000,
  );

  withPython(
    'for everything that is done to a trust file',
    async () => {
      const other = await fixture({ leafIndex: 1, output: 1 });
      const text = bundleText(bundle);
      const changed = [
        ...mutations(
          JSON.parse(JSON.stringify(trust)) as Json,
          JSON.parse(JSON.stringify(other.trust)) as Json,
        ),
      ];
      expect(changed.length).toBeGreaterThan(1_000);
      expectAgreement(changed.map((each) => ({ bundle: text, trust: each.text })));
    },
    120_000,
  );

  withPython('for times at the edges of the calendar and in other spellings', () => {
    const times = [
      '0000-01-01T00:00:00Z',
      '0000-12-31T23:59:59.999Z',
      '0001-01-01T00:00:00Z',
      '9999-12-31T23:59:59.999Z',
      '1900-02-29T00:00:00Z',
      '2016-12-31T23:59:60Z',
      '2026-06-01T12:00:00.0000Z',
      '2026-06-01T12:00:00z',
      '2026-06-01T12:00:00+00:00',
      '2026-06-01T12:00:00',
    ];
    const text = bundleText(bundle);
    const changed = times.flatMap((time) => [
      { ...trust, asOf: time },
      ...(['not_before', 'not_after', 'retired_at', 'revoked_at', 'compromised_since'] as const).map(
        (member) => ({
          ...trust,
          keys: trust.keys.map((key) => ({ ...key, [member]: time })),
        }),
      ),
    ]);
    expectAgreement(changed.map((file) => ({ bundle: text, trust: JSON.stringify(file) })));
  });

  withPython(
    'for 3,000 notes whose lines are changed, doubled, moved and cut',
    () => {
      const trusted = JSON.stringify(trust);
      const original = bundle.logProofs[0]?.checkpoint ?? '';
      const lines = original
        .slice(original.lastIndexOf('\n\n') + 2)
        .trimEnd()
        .split('\n');
      const text = original.slice(0, original.lastIndexOf('\n\n') + 1);
      const strangers = ['— grease.invalid AAAAAAAA', '— log.example/touchstone AAAAAAAA', '—  ', ''];
      const line = fc.oneof(
        { arbitrary: fc.constantFrom(...lines), weight: 4 },
        fc
          .tuple(fc.constantFrom(...lines), fc.nat(), fc.nat(6))
          .map(([one, at, bit]) => flipped(one, at % one.length, 1 << bit)),
        fc.constantFrom(...strangers),
      );
      const notes = fc.sample(fc.array(line, { maxLength: 8 }), { numRuns: 3_000, seed: SEED });
      expectAgreement(
        notes.map((all) => ({
          bundle: JSON.stringify({
            ...bundle,
            logProofs: [
              { ...bundle.logProofs[0], checkpoint: `${text}\n${all.map((one) => `${one}\n`).join('')}` },
            ],
          }),
          trust: trusted,
        })),
      );
    },
    120_000,
  );
});

/** Leaves each item out or not. */
const some = <T>(items: readonly T[]): fc.Arbitrary<T[]> => fc.subarray([...items]);

/** A trust file that believes no more than the given one: parts left out, more witnesses asked for, the same date. */
function lessTrust(full: TrustFile): fc.Arbitrary<TrustFile> {
  const mostly = <T>(items: readonly T[]): fc.Arbitrary<T[]> =>
    fc.oneof({ arbitrary: fc.constant(0).map((): T[] => [...items]), weight: 4 }, some(items));
  const chains = full.chains.map((chain) =>
    fc
      .record({
        kept: fc.boolean(),
        contract: fc.boolean(),
        submitters: some(chain.submitters ?? []),
        blocks: some(chain.blocks ?? []),
      })
      .map(({ kept, contract, submitters, blocks }) => {
        const { contract: address, ...rest } = chain;
        return kept
          ? [{ ...rest, submitters, blocks, ...(contract && address ? { contract: address } : {}) }]
          : [];
      }),
  );
  return fc
    .record({
      keys: mostly(full.keys),
      models: mostly(full.models),
      logs: some(full.logs),
      vkeys: some(full.witnesses.vkeys),
      more: fc.nat(2),
      chains: fc.tuple(...chains).map((parts) => parts.flat()),
      independent: some(full.independent),
    })
    .map(({ vkeys, more, ...parts }) => {
      const k = Math.min(full.witnesses.k + more, vkeys.length);
      return {
        ...full,
        ...parts,
        witnesses: { k: Math.max(k, Math.min(full.witnesses.k, vkeys.length)), vkeys },
      };
    })
    .filter(({ witnesses: { k } }) => k >= full.witnesses.k);
}

describe('trust is monotone', () => {
  const rank = (label: string): number => (labels as readonly string[]).indexOf(label);
  const less = () =>
    pairs.flatMap(({ bundle: one, trust: full }, index) =>
      fc.sample(lessTrust(full), { numRuns: 10, seed: SEED + index }).map((file) => ({
        bundle: JSON.stringify(one),
        full: JSON.stringify(full),
        less: JSON.stringify(file),
      })),
    );

  it('more of it never makes a label from L1 on lower, nor evidence INVALID', () => {
    let judged = 0;
    for (const each of less()) {
      const [small, large] = [each.less, each.full].map((text) =>
        verifyEvidence(each.bundle, { trust: readTrustFile(text), nowMs: NOW_MS }),
      );
      if (!small || !large || rank(small.label) < rank('L1')) continue;
      judged += 1;
      expect(large.result).toBe('VALID');
      expect(rank(large.label)).toBeGreaterThanOrEqual(rank(small.label));
    }
    expect(judged).toBeGreaterThan(80);
  }, 60_000);

  withPython(
    'in the other verifier, too',
    () => {
      const cases = less().flatMap((each) => [
        { bundle: each.bundle, trust: each.less },
        { bundle: each.bundle, trust: each.full },
      ]);
      const reports = verifyPairsIndependently(python as string, cases, NOW);
      let judged = 0;
      for (let index = 0; index < reports.length; index += 2) {
        const [small, large] = [reports[index], reports[index + 1]];
        if (!small || !large || 'refused' in small || 'refused' in large)
          throw new Error('a trust file is refused');
        if (rank(small.label) < rank('L1')) continue;
        judged += 1;
        expect(large.result).toBe('VALID');
        expect(rank(large.label)).toBeGreaterThanOrEqual(rank(small.label));
      }
      expect(judged).toBeGreaterThan(80);
      expectAgreement(cases);
    },
    120_000,
  );
});
