import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  callProgram,
  type ExaminationModel,
  examinationSample,
  examine,
  PAP,
  PapHost,
  type ProverProgram,
} from '@touchstone/prover-adapter';
import { pythonWithEzkl } from '@touchstone/testing';

const DEADLINE_MS = 120_000;
const script = fileURLToPath(new URL('../examples/ezkl/ezkl_prover.py', import.meta.url));
const sampleFolder = fileURLToPath(new URL('../sample', import.meta.url));
const python = pythonWithEzkl();
const described = python === undefined ? describe.skip : describe;

/** Its SRS stays in the cache of whoever runs the tests, as the packages do. */
const ezkl = (path = script): ProverProgram => ({
  ...{ name: 'ezkl', command: python as string, args: ['-B', path], deadlineMs: DEADLINE_MS },
  environment: { HOME: homedir() },
});

let sample: ExaminationModel;
let folder: string;
beforeAll(async () => {
  sample = await examinationSample(sampleFolder);
  folder = await mkdtemp(join(tmpdir(), 'touchstone-ezkl-spec-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The program with one line of it written differently. */
async function changed(line: string, other: string): Promise<ProverProgram> {
  const text = await readFile(script, 'utf8');
  expect(text.split(line)).toHaveLength(2);
  const path = join(folder, 'changed.py');
  await writeFile(path, text.replace(line, other));
  return ezkl(path);
}

described('EZKL as a program of the Prover Adapter Protocol', () => {
  it('passes the examination of every program', async () => {
    const { isEnabled, results } = await new PapHost().register(ezkl(), sample);
    expect(results.filter(({ passed }) => !passed)).toEqual([]);
    expect(results.map(({ name }) => name)).toContain('refuses another request');
    expect(results).toHaveLength(10);
    expect(isEnabled).toBe(true);
  }, 600_000);

  it.each([
    [0, 0, 1],
    [255, 0, 256],
    [0, 255, 0],
  ])(
    'proves of %i and %i the output %i, which is the one of the ONNX file',
    async (x0, x1, y) => {
      const bounds = { deadlineMs: DEADLINE_MS };
      const head = { protocol: PAP, model: sample.model } as const;
      const { programDigest } = await callProgram(ezkl(), 'compile', { ...head, verb: 'compile' }, bounds);
      const inputs = sample.inputs.map((tensor) => ({ ...tensor, values: [x0, x1] }));
      const asked = {
        ...head,
        programDigest,
        inputs,
        bind: 'ff'.repeat(31),
        proofPath: join(folder, 'proof'),
      };
      const reply = await callProgram(ezkl(), 'prove', { ...asked, ...bounds, verb: 'prove' }, bounds);
      expect(reply.outputs).toEqual([{ name: 'y', datatype: 'INT32', shape: [1, 1], values: [y] }]);
    },
    300_000,
  );

  it.each([
    ['another model', 'run.param_visibility = "fixed"', 'run.param_visibility = "private"'],
    [
      'another request',
      '[*inputs, bind, *outputs, bind]',
      '[*inputs, limbs_of("5a" * 31), *outputs, limbs_of("5a" * 31)]',
    ],
    ['an output that is one more', '[*inputs, bind, *outputs, bind]', '[*inputs, bind, [141], bind]'],
  ])(
    'is found out when it is made to take %s',
    async (what, line, other) => {
      const results = await examine(await changed(line, other), sample);
      expect(results.filter(({ passed }) => !passed).map(({ name }) => name)).toEqual([`refuses ${what}`]);
    },
    600_000,
  );
});
