import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { circuitDeviation } from '@touchstone/contracts/circuit';
import { SAMPLES_BYTES_MAX } from '../src/zk/deviation-samples.js';
import { touchstone } from './support/touchstone.js';

const models = fileURLToPath(new URL('../../../models/', import.meta.url));
const of = (model: string) => [
  ...['--model', `${models}${model}/model.onnx`],
  ...['--circuit', `${models}digits-int/circuit.json`],
];
const heldOut = `${models}digits/held-out.json`;
const RUN_TIMEOUT_MS = 60_000;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'touchstone-deviation-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const samples = (name: string, value: unknown): string => {
  const path = join(folder, name);
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
  return path;
};
const deviation = (...args: readonly string[]) => touchstone(['zk', 'deviation', ...args]);
const row = (element: number, label?: number) => ({ values: Array<number>(64).fill(element), label });

describe('touchstone zk deviation (R-ZK-4)', () => {
  it(
    'gives the report that the sample model has',
    async () => {
      const out = join(folder, 'deviation.json');
      const { status, stdout, stderr } = await deviation(
        ...of('digits-int'),
        '--samples',
        heldOut,
        '--out',
        out,
      );
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toMatch(/^Agrees with the floats on \d+\.\d\d % of 360 samples \(onnxruntime-node /);
      const report = circuitDeviation.parse(JSON.parse(readFileSync(out, 'utf8')));
      const committed = circuitDeviation.parse(
        JSON.parse(readFileSync(`${models}digits-int/deviation.json`, 'utf8')),
      );
      const { runtime: _runtime, outputs, ...same } = committed;
      expect(report).toMatchObject(same);
      // Floats differ by processor in their last bits.
      expect(report.outputs).toEqual(
        outputs.map((output) => ({
          ...output,
          largestDifference: expect.closeTo(output.largestDifference, 5),
        })),
      );
      expect(report.samples.sha256).toBe(createHash('sha256').update(readFileSync(heldOut)).digest('hex'));
      expect(report.accuracy?.integer).toBeCloseTo(354 / 360, 12);
    },
    RUN_TIMEOUT_MS,
  );

  it(
    'has no accuracy where a label is missing, and says where nothing agrees',
    async () => {
      // Beyond the datatype the whole numbers stay at their bound, the floats do not.
      const path = samples('beyond.json', { rows: [row(3, 1), row(-40_000)] });
      const { status, stdout } = await deviation(...of('digits-int'), '--samples', path, '--json');
      expect(status).toBe(0);
      const report = circuitDeviation.parse(JSON.parse(stdout));
      expect(report.samples.count).toBe(2);
      expect(report.agreement).toBeLessThan(1);
      expect(report).not.toHaveProperty('accuracy');
    },
    RUN_TIMEOUT_MS,
  );

  it.each([
    ['no JSON', 'x', 'is not strict JSON'],
    ['no rows', { rows: [] }, 'holds no samples'],
    [
      'a row of another length',
      { rows: [row(1), { values: [1] }] },
      'has 1 values for the input pixels in row 1, not 64',
    ],
    [
      'another input',
      { rows: [{ inputs: { pictures: [1] } }] },
      'has no values for the input pixels in row 0',
    ],
  ])('refuses %s', async (name, value, message) => {
    const path = samples(`${name}.json`, value);
    const { status, stderr } = await deviation(...of('digits-int'), '--samples', path);
    expect({ status, stderr }).toEqual({ status: 5, stderr: expect.stringContaining(message) });
  });

  it('reads files of SAMPLES_BYTES_MAX bytes, not of one more', async () => {
    const text = JSON.stringify({ rows: [row(1)] });
    const within = samples('within.json', text.padEnd(SAMPLES_BYTES_MAX, ' '));
    const beyond = samples('beyond-size.json', text.padEnd(SAMPLES_BYTES_MAX + 1, ' '));
    expect(await deviation(...of('digits-int'), '--samples', within)).toMatchObject({ status: 0 });
    expect(await deviation(...of('digits-int'), '--samples', beyond)).toMatchObject({
      status: 4,
      stderr: expect.stringContaining(`more than the ${SAMPLES_BYTES_MAX} bytes`),
    });
  });

  it('refuses a model that the circuit is not of, and writing over what is read', async () => {
    const other = await deviation(...of('digits-conv'), '--samples', heldOut);
    expect(other).toMatchObject({ status: 1, stderr: expect.stringContaining('the circuit is of') });
    const own = samples('own.json', { rows: [row(1)] });
    const over = await deviation(...of('digits-int'), '--samples', own, '--out', own);
    expect(over).toMatchObject({ status: 2, stderr: expect.stringContaining('would destroy it') });
  });
});
