import type { CanonicalTensor } from '@touchstone/contracts';
import type { ModelCircuit } from '@touchstone/contracts/circuit';
import { encodeTensor, tensorsHash, type OutputBundle } from '@touchstone/evidence';
import { compileDescribed, runIntegerModel } from '@touchstone/integer-model';
import { EXTERNAL_DATA_REFUSAL, hasExternalData } from '@touchstone/onnx';
import { CommandError, exitCodes } from '../exit-codes.js';
import { inputElements, requireCircuitOf } from '../zk/provable-output.js';
import { compareOutput, resultOf, type OutputComparison, type ReplayResult } from './compare.js';
import { runFloats, type FloatRuns } from './run-floats.js';

/** A model to run again: its file, and its circuit where it is run in whole numbers. */
export interface ReplayedModel {
  /** Absolute path. */
  readonly path: string;
  readonly file: Uint8Array;
  readonly circuit?: ModelCircuit | undefined;
}

/** What came of running a model again. */
export interface Replay {
  readonly result: ReplayResult;
  /** Whole numbers are the same on every machine; floats are compared with a tolerance. */
  readonly arithmetic: 'integer' | 'float';
  /** Whose word it is how the file becomes whole numbers: that of who runs it again, or that of the bundle. */
  readonly circuit?: 'given' | 'bundle';
  readonly outputs: readonly OutputComparison[];
  readonly runtime: FloatRuns['runtime'] | undefined;
}

/**
 * Runs the model of a bundle on its disclosed inputs. Where the bundle withholds its outputs, the hash of all that the model gives has to
 * be the signed one.
 *
 * @throws CommandError where the model cannot be run
 */
export async function replayBundle(
  bundle: OutputBundle,
  model: ReplayedModel,
  tolerance: number,
): Promise<Replay> {
  const circuit = model.circuit?.descriptor ?? bundle.zk?.descriptor;
  const how: Pick<Replay, 'arithmetic' | 'circuit'> =
    circuit === undefined
      ? { arithmetic: 'float' }
      : { arithmetic: 'integer', circuit: model.circuit === undefined ? 'bundle' : 'given' };
  const run: { outputs: readonly CanonicalTensor[]; runtime?: FloatRuns['runtime'] } =
    circuit === undefined
      ? await asFloats(bundle, model)
      : { outputs: wholeOutputs(bundle, model.file, circuit) };
  const { runtime } = run;
  const signed = bundle.subject.outputs;
  if (signed === undefined) {
    const hash = tensorsHash([...run.outputs].sort((left, right) => (left.name < right.name ? -1 : 1)));
    const isSame = hash.ok && hash.value === bundle.subject.proof.outputHash;
    return { result: isSame ? 'same' : 'different', ...how, outputs: [], runtime };
  }
  const outputs = signed.map((tensor) =>
    compareOutput(
      tensor,
      run.outputs.find(({ name }) => name === tensor.name),
    ),
  );
  return { result: resultOf(outputs, circuit === undefined ? tolerance : 0), ...how, outputs, runtime };
}

/** @throws CommandError `invalid` for a file that is not all of the model, and for a version that was not run in floats */
async function asFloats(
  { commitment, subject }: OutputBundle,
  { path, file }: ReplayedModel,
): Promise<{ outputs: readonly CanonicalTensor[]; runtime: FloatRuns['runtime'] }> {
  // The hash of the file would say nothing of weights elsewhere, and the runtime would read whatever the file names.
  if (hasExternalData(file)) throw new CommandError(exitCodes.invalid, `${path}: ${EXTERNAL_DATA_REFUSAL}.`);
  if (commitment.vkDigest !== null)
    throw new CommandError(
      exitCodes.invalid,
      'The bundle is of a version that is run in whole numbers: give its circuit.json with --circuit.',
    );
  const { runs, runtime } = await runFloats(path, [subject.inputs ?? []]);
  return { outputs: runs[0] ?? [], runtime };
}

function wholeOutputs(
  bundle: OutputBundle,
  file: Uint8Array,
  descriptor: ModelCircuit['descriptor'],
): CanonicalTensor[] {
  requireCircuitOf(bundle, descriptor);
  const { outputs } = runIntegerModel(compileDescribed(file, descriptor), inputElements(bundle, descriptor));
  return descriptor.outputs.map(({ name, datatype, shape }, index) => {
    const encoded = encodeTensor({ name, datatype, shape, data: Array.from(outputs[index] as Int32Array) });
    if (!encoded.ok) throw new CommandError(exitCodes.invalid, `The output ${name}: ${encoded.error.detail}`);
    return encoded.value;
  });
}
