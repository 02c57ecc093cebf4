import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { eventBatchFormats } from '@touchstone/event-batch';
import {
  pythonWithCryptography,
  verifyPairsIndependently,
  type IndependentReport,
} from '@touchstone/testing';
import type { TrustFile } from '../src/index.js';
import { eventFixture } from './event-fixture.js';
import { reasonOf } from './golden/run.js';
import { mutations, type Json } from './mutations.js';
import { ourVerdict, theirVerdict } from './verdict.js';

interface Case {
  readonly name: string;
  readonly input: { readonly bundle: unknown; readonly trust: TrustFile | null };
  readonly expected: {
    readonly result: string;
    readonly label: string;
    readonly remarks: readonly string[];
    readonly fail: readonly string[];
    readonly notChecked: readonly string[];
    readonly reasons: Readonly<Record<string, string | null>>;
  };
}

const { cases } = JSON.parse(
  readFileSync(fileURLToPath(new URL('../vectors/event-evidence.json', import.meta.url)), 'utf8'),
) as { cases: readonly Case[] };
const NOW = '2026-06-01T12:00:00Z';
const python = pythonWithCryptography();
const withPython = python === undefined ? it.skip : it;

/** What it says of each vector, read in one process. */
let onVectors: ReturnType<typeof verifyPairsIndependently> = [];

beforeAll(() => {
  if (python === undefined) return;
  const pairs = cases.map(({ input: { bundle, trust } }) => ({
    bundle: JSON.stringify(bundle),
    trust: trust && JSON.stringify(trust),
  }));
  onVectors = verifyPairsIndependently(python, pairs, NOW);
});

const stepsOf = ({ steps }: IndependentReport, wanted: string): string[] =>
  steps.flatMap(({ step, status }) => (status === wanted ? step : []));

describe('the verifier that shares no code with ours, of events', () => {
  withPython.each(cases.map((each, index) => [each.name, each, index] as const))(
    'agrees, in the same words: %s',
    (_name, { expected }, index) => {
      const report = onVectors[index] as IndependentReport;
      expect(report).toMatchObject({ result: expected.result, label: expected.label });
      expect(stepsOf(report, 'fail').sort()).toEqual([...expected.fail].sort());
      expect(stepsOf(report, 'not-checked').sort()).toEqual([...expected.notChecked].sort());
      expect([...report.remarks].sort()).toEqual([...expected.remarks].sort());
      const failed = report.steps.filter(({ status }) => status === 'fail');
      expect(Object.fromEntries(failed.map(({ step, detail }) => [step, reasonOf(detail)]))).toEqual(
        expected.reasons,
      );
    },
  );

  withPython.each(eventBatchFormats)(
    'agrees on a bundle of %s that was changed anywhere',
    async (format) => {
      const { bundle, trust } = await eventFixture({ format });
      const { bundle: other } = await eventFixture({
        format,
        leafIndex: 1,
        batchId: '019a0000-0000-7000-8000-0000000000e9',
      });
      const plain = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;
      const changed = [...mutations(plain(bundle), plain(other))]
        .filter(({ pointer }) => !pointer.startsWith('/anchors/0/proof'))
        .map(({ text }) => text);
      const text = JSON.stringify(trust);
      const theirs = verifyPairsIndependently(
        python as string,
        changed.map((mutated) => ({ bundle: mutated, trust: text })),
        NOW,
      );
      const differing = changed.flatMap((mutated, index) => {
        const [ours, them] = [ourVerdict(mutated, text), theirVerdict(theirs[index])];
        return ours === them ? [] : [{ mutated, ours, them }];
      });
      expect(differing.slice(0, 3)).toEqual([]);
      expect(changed.length).toBeGreaterThan(500);
    },
    120_000,
  );
});
