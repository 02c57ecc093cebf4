import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  alteredDocuments,
  pythonWithVerifiers,
  verifyIndependently,
  verifyPairsIndependently,
  type IndependentReport,
} from '@touchstone/testing';
import { bundleText, encodeTensor } from '../src/index.js';
import { fixture } from './fixture.js';
import { ourVerdict, theirVerdict } from './verdict.js';

interface Case {
  readonly name: string;
  readonly input: { readonly bundle: string; readonly trust: unknown };
  readonly expected: {
    result: string;
    label: string;
    remarks: string[];
    fail: string[];
    optional: string[];
    notChecked: string[];
  };
}

const vectors = JSON.parse(
  readFileSync(fileURLToPath(new URL('../vectors/evidence.json', import.meta.url)), 'utf8'),
) as { cases: Case[] };
const NOW = '2026-06-01T12:00:00Z';
const CLOCK = ['--now', NOW];

const python = pythonWithVerifiers();
const withPython = python === undefined ? it.skip : it;
let folder: string;

/** What it says of each vector, read in one process. */
let onVectors: ReturnType<typeof verifyPairsIndependently> = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'touchstone-independent-'));
  if (python === undefined) return;
  const cases = vectors.cases.map(({ input }) => ({
    bundle: textOf(input.bundle),
    trust: input.trust ? textOf(input.trust) : null,
  }));
  onVectors = verifyPairsIndependently(python, cases, NOW);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function check(texts: readonly string[], trust: unknown): ReturnType<typeof verifyIndependently> {
  const files = texts.map((text, index) => write(`evidence-${index}.json`, text));
  const trusted = trust ? ['--trust', write('trust.json', textOf(trust))] : [];
  return verifyIndependently(python as string, files, [...trusted, ...CLOCK]);
}

const names = (report: IndependentReport | undefined, status: string): string[] =>
  [...new Set(report?.steps.filter((step) => step.status === status).map(({ step }) => step))].sort();

describe('the verifier that shares no code with ours', () => {
  withPython.each(vectors.cases.map((each, index) => [each.name, each, index] as const))(
    'agrees on: %s',
    (_name, { expected }, index) => {
      const report = onVectors[index] as IndependentReport;
      expect(report).toMatchObject({ result: expected.result, label: expected.label });
      expect(names(report, 'fail')).toEqual([...new Set(expected.fail)].sort());
      expect(names(report, 'not-checked')).toEqual([...new Set(expected.notChecked)].sort());
      const optional = report.steps.filter((step) => step.optional).map(({ step }) => step);
      expect([...new Set(optional)].sort()).toEqual([...new Set(expected.optional)].sort());
      expect([...report.remarks].sort()).toEqual([...expected.remarks].sort());
    },
  );

  withPython('refuses each of 50 mutated bundles', () => {
    const [valid] = vectors.cases as [Case];
    const mutations = alteredDocuments(textOf(valid.input.bundle), 50);
    const { status, reports } = check(
      mutations.map(({ text }) => text),
      valid.input.trust,
    );
    const accepted = reports.flatMap(({ label }, index) =>
      label === valid.expected.label ? mutations[index]?.name : [],
    );
    expect(mutations).toHaveLength(50);
    expect(reports).toHaveLength(50);
    expect(accepted).toEqual([]);
    expect(status).toBe(1);
  });

  withPython.each(['Ärzte 👩\u200d⚕\ufe0f ≥ ₮', 'می\u200cخواهم', 'क्\u200dष 𠮷'])(
    'agrees on a model of %s',
    async (developer) => {
      const { bundle, trust } = await fixture({ developer });
      const text = bundleText(bundle);
      const { reports } = check([text], trust);
      expect(theirVerdict(reports[0])).toBe(ourVerdict(text, JSON.stringify(trust)));
      expect(reports[0]).toMatchObject({ result: 'VALID', label: 'L2' });
    },
  );

  withPython('agrees on tensors of any finite number', async () => {
    const values = [1e16, 2 ** 53, -0, 5e-324, 3.4028234663852886e38, Number.MAX_VALUE, -Number.MAX_VALUE];
    const input = encodeTensor({ name: 'x', datatype: 'FP64', shape: [values.length], data: values });
    if (!input.ok) throw new Error(input.error.detail);
    const { bundle, trust } = await fixture({ input: input.value });
    const text = bundleText(bundle);
    const { reports } = check([text], trust);
    expect(theirVerdict(reports[0])).toBe(ourVerdict(text, JSON.stringify(trust)));
    expect(reports[0]).toMatchObject({ result: 'VALID', label: 'L2' });
  });

  withPython('refuses a trust file that is not usable, with exit code 5', () => {
    const [valid] = vectors.cases as [Case];
    const trust = JSON.parse(textOf(valid.input.trust)) as { keys: { public_key: string }[] };
    const [key] = trust.keys as [{ public_key: string }];
    key.public_key = `05${key.public_key.slice(2)}`;
    const { status, stderr } = check([textOf(valid.input.bundle)], trust);
    expect(status).toBe(5);
    expect(stderr).toContain('not a public key');
  });

  withPython('says that a file is missing, with exit code 4', () => {
    const { status, stderr } = verifyIndependently(python as string, [join(folder, 'no.json')]);
    expect(status).toBe(4);
    expect(stderr).toContain('No such file');
  });
});
