import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  pythonWithCryptography,
  verifyPairsIndependently,
  type IndependentReport,
} from '@touchstone/testing';
import type { TrustFile } from '../src/index.js';
import { reasonOf } from './golden/run.js';

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
});
