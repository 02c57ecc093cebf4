import { AppError, type CanonicalTensor } from '@touchstone/contracts';
import type { TestCase } from '@touchstone/contracts/http/market';
import { decodeTensor } from '@touchstone/evidence';
import { checkOutputs } from '../inference/check-outputs.js';
import type { ModelManifest } from '../model/manifest.js';
import { readTensors } from '../request/read-inputs.js';

/** Milliseconds within which the next test case may begin; each run has the limit of any other. */
export const TEST_CASES_TIME_MAX_MS = 120_000;

/** What the test cases are run on. */
export interface TestedModel {
  readonly manifest: ModelManifest;
  /** @throws AppError `model-invalid` */
  readonly run: (what: string, inputs: readonly CanonicalTensor[]) => Promise<readonly CanonicalTensor[]>;
  readonly nowMs: () => number;
}

/**
 * Runs the test cases of a submission as requests would be run, and compares what comes out.
 *
 * @throws AppError `model-invalid` that names the first case, output and element that do not hold
 */
export async function runTestCases(model: TestedModel, cases: readonly TestCase[]): Promise<void> {
  const startedMs = model.nowMs();
  for (const [index, testCase] of cases.entries()) {
    const what = `test case ${index + 1}`;
    if (model.nowMs() - startedMs > TEST_CASES_TIME_MAX_MS)
      throw refused(`the test cases before ${what} took more than ${TEST_CASES_TIME_MAX_MS} ms`);
    const { manifest } = model;
    const inputs = inWords(what, () =>
      readTensors({ inputs: manifest.inputs, whole: undefined }, testCase.inputs),
    );
    const given = await model.run(what, inputs);
    const outputs = inWords(what, () => checkOutputs({ manifest, origin: 'added' }, given));
    for (const expected of testCase.outputs) compare(what, expected, outputs, testCase.tolerance);
  }
}

/** What a request would be refused with refuses the submission. */
function inWords<Result>(what: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof AppError) throw refused(`${what}: ${error.message}`);
    throw error;
  }
}

function compare(
  what: string,
  expected: TestCase['outputs'][number],
  outputs: readonly CanonicalTensor[],
  tolerance: number,
): void {
  const name = JSON.stringify(expected.name.slice(0, 64));
  const output = outputs.find((tensor) => tensor.name === expected.name);
  if (output === undefined)
    throw refused(`${what} expects the output ${name}, which the model does not give`);
  if (output.datatype !== expected.datatype || String(output.shape) !== String(expected.shape))
    throw refused(
      `${what} expects ${name} as ${expected.datatype} ${JSON.stringify(expected.shape)}, ` +
        `it is ${output.datatype} ${JSON.stringify(output.shape)}`,
    );
  const actual = decodeTensor(output);
  if (!actual.ok) throw refused(`${what}: ${name} cannot be read: ${actual.error.detail}`);
  const wanted: unknown[] = expected.data.flat(Infinity);
  if (wanted.length !== actual.value.length)
    throw refused(`${what} expects ${wanted.length} elements of ${name}, it has ${actual.value.length}`);
  for (const [at, value] of actual.value.entries()) {
    if (isNear(value, wanted[at], tolerance)) continue;
    throw refused(
      `${what}: element ${at} of ${name} is ${String(value)}, expected ${shown(wanted[at])} ± ${tolerance}`,
    );
  }
}

/** Whole numbers beyond 2^53 come as decimal strings, and are compared exactly. */
function isNear(actual: unknown, expected: unknown, tolerance: number): boolean {
  if (typeof actual === 'number' && typeof expected === 'number')
    return Math.abs(actual - expected) <= tolerance;
  return String(actual) === String(expected);
}

const shown = (value: unknown): string => JSON.stringify(value)?.slice(0, 64) ?? 'nothing';

function refused(detail: string): AppError {
  return new AppError('model-invalid', `The model is refused: ${detail}.`);
}
