import { describe, expect, it } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { descriptions, goldenCases } from '../test/golden/cases.js';
import type { GoldenCase } from '../test/golden/golden-case.js';
import { run, runs, type Section } from '../test/golden/run.js';

const sections = Object.keys(runs) as Section[];
const fileOf = (section: Section): string =>
  fileURLToPath(new URL(`../vectors/${section}.json`, import.meta.url));

interface VectorFile {
  readonly description: string;
  readonly cases: readonly (GoldenCase & { readonly expected: unknown })[];
}

const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

function vectorFile(section: Section, cases: readonly GoldenCase[]): VectorFile {
  const inputs = plain(cases);
  return {
    description: descriptions[section],
    cases: inputs.map((each) => ({ ...each, expected: run(section, each.input) })),
  };
}

const made = await goldenCases();
// scripts/write-vectors.mjs sets this: new vectors are written only on purpose.
if (process.env['TOUCHSTONE_WRITE_VECTORS'] === '1') {
  for (const section of sections) {
    writeFileSync(fileOf(section), `${JSON.stringify(vectorFile(section, made[section]), null, 1)}\n`);
  }
}

describe.each(sections)('golden vectors of %s', (section) => {
  const file = JSON.parse(readFileSync(fileOf(section), 'utf8')) as VectorFile;

  it.each(file.cases.map((vector) => [vector.name, vector] as const))('%s', (_name, { input, expected }) => {
    expect(run(section, input)).toEqual(expected);
  });

  it('are the ones that the cases give', () => {
    expect(file).toEqual(vectorFile(section, made[section]));
  });

  it('have names of their own', () => {
    expect(new Set(file.cases.map(({ name }) => name)).size).toBe(file.cases.length);
  });
});
