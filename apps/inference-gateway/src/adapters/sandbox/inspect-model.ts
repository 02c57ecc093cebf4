import {
  AppError,
  MODEL_TENSORS_MAX,
  TENSOR_RANK_MAX,
  type CanonicalTensor,
  type TensorSpec,
} from '@touchstone/contracts';
import type { ModelTensors } from '../../domain/model/manifest-of-added.js';
import type { FileOnDisk } from '../../domain/model/model-files.js';
import { INPUT_ELEMENTS_MAX } from '../../domain/request/request-limits.js';
import { inspectOnnx } from '../onnx/inspect-onnx.js';
import { readStructure } from '../onnx/read-structure.js';
import type { Loadable, OnnxPool } from '../onnx/onnx-pool.js';
import { datatypeOf } from '../onnx/onnx-types.js';
import type { DeclaredTensor } from '../onnx/worker-messages.js';
import type { Sandbox } from './sandbox.js';
import { tryOut } from './trial-runs.js';

/** Names appear in evidence, lists and terminals. */
const TENSOR_NAME = /^[\x20-\x7e]{1,256}$/;

const TRIAL = 'trial';

/** Runs the model that is looked through on further inputs. @throws AppError `model-invalid` when it does not */
export type TrialRun = (
  what: string,
  inputs: readonly CanonicalTensor[],
) => Promise<readonly CanonicalTensor[]>;

/**
 * Looks through a file, has a fresh process load it, and runs it on zeros. The tensors are what the file declares; a
 * size of an output that a run gives otherwise is open.
 *
 * @param more what is tried besides, in the same process
 * @throws AppError `model-invalid`
 */
export async function inspectModel(
  sandbox: Sandbox,
  { path, sizeBytes }: FileOnDisk,
  more: (tensors: ModelTensors, run: TrialRun) => Promise<void> = () => Promise.resolve(),
): Promise<ModelTensors> {
  inspectOnnx(await readStructure(path));
  const trial: Loadable = { modelVersionId: TRIAL, sizeBytes, withFile: (use) => use(path) };
  return sandbox.inspect(sizeBytes, async (pool) => {
    const declared = await pool.describe(trial).catch((error: unknown) => {
      throw notLoaded(error);
    });
    const inputs = specsOf('input', declared.inputs);
    const outputs = specsOf('output', declared.outputs);
    const ran = await runsOf(pool, inputs, sandbox.timeoutMs);
    const tensors = { inputs, outputs: outputs.map((output) => asGiven(output, ran)) };
    await more(tensors, async (what, feeds) => {
      const given = await pool.run(LOADED, feeds).catch((error: unknown) => {
        throw invalid(`${what} does not run: ${reason(error)}`, error);
      });
      return given.outputs;
    });
    return tensors;
  });
}

function specsOf(kind: 'input' | 'output', tensors: readonly DeclaredTensor[]): TensorSpec[] {
  if (tensors.length === 0 || tensors.length > MODEL_TENSORS_MAX) {
    throw invalid(`it has ${tensors.length} ${kind}s, expected 1 to ${MODEL_TENSORS_MAX}`);
  }
  return tensors.map((tensor) => specOf(kind, tensor));
}

function specOf(kind: 'input' | 'output', { name, type, dims }: DeclaredTensor): TensorSpec {
  const shown = JSON.stringify(name.slice(0, 64));
  if (!TENSOR_NAME.test(name)) {
    throw invalid(`the name of the ${kind} ${shown} is not 1 to 256 printable ASCII characters`);
  }
  const datatype = datatypeOf(type);
  if (!datatype) throw invalid(`the ${kind} ${shown} ${objectionTo(type)}`);
  if (!dims) return { name, datatype };
  requireRank(kind, shown, dims);
  if (dims.some((size) => size === 0)) throw invalid(`the ${kind} ${shown} has a dimension of size 0`);
  if (kind === 'input' && elementsOf(dims) > INPUT_ELEMENTS_MAX) {
    throw invalid(
      `the input ${shown} has ${elementsOf(dims)} elements, and a request carries at most ${INPUT_ELEMENTS_MAX}`,
    );
  }
  return { name, datatype, shape: [...dims] };
}

function requireRank(kind: 'input' | 'output', shown: string, { length }: readonly number[]): void {
  if (length <= TENSOR_RANK_MAX) return;
  throw invalid(`the ${kind} ${shown} has ${length} dimensions, at most ${TENSOR_RANK_MAX} are taken`);
}

function objectionTo(type: string): string {
  if (type === 'no tensor')
    return 'is no tensor; export classifiers without ZipMap (skl2onnx: options={"zipmap": False})';
  if (type === 'string')
    return 'has the type string; elements of fixed width are needed, give numbers or ids';
  return `has the type ${type}, which cannot be proven`;
}

const elementsOf = (dims: readonly number[]): number =>
  dims.reduce((product, size) => product * Math.max(1, size), 1);

async function runsOf(
  pool: OnnxPool,
  inputs: readonly TensorSpec[],
  timeMs: number,
): Promise<readonly (readonly CanonicalTensor[])[]> {
  const run = async (feeds: readonly CanonicalTensor[]) => (await pool.run(LOADED, feeds)).outputs;
  const trial = await tryOut(run, inputs, timeMs);
  if (trial.ran) return trial.ran;
  const sizes = trial.tried === 1 ? '' : ` in ${trial.tried} combinations of sizes for what it leaves open`;
  throw invalid(`it does not run on zeros${sizes}: ${reason(trial.error)}`, trial.error);
}

/** The model once its process has loaded it. */
const LOADED: Loadable = {
  ...{ modelVersionId: TRIAL, sizeBytes: 0 },
  withFile: () => Promise.reject(new Error('The trial has loaded its model already.')),
};

/** An output as the file declares it, without what a run gave otherwise: files declare sizes that their models do not give. */
function asGiven(spec: TensorSpec, ran: readonly (readonly CanonicalTensor[])[]): TensorSpec {
  const { name, datatype, shape } = spec;
  const given = ran.map((outputs) => outputs.find((output) => output.name === name));
  for (const output of given) {
    if (output?.datatype === datatype) continue;
    const found = output ? `is ${output.datatype}` : 'was not given';
    throw invalid(`the output ${JSON.stringify(name)} is declared as ${datatype} and ${found}`);
  }
  const shapes = given.flatMap((output) => (output ? [output.shape] : []));
  for (const each of shapes) requireRank('output', JSON.stringify(name), each);
  if (!shape || shapes.some(({ length }) => length !== shape.length)) return { name, datatype };
  const open = shape.map((size, at) => (shapes.every((each) => each[at] === size) ? size : (-1 as const)));
  return { ...spec, shape: open };
}

function notLoaded(error: unknown): AppError {
  return invalid(`it cannot be loaded: ${reason(error)}`, error);
}

/** Why a worker failed, in words that do not say more about this machine than the runtime does. */
function reason(error: unknown): string {
  if (!(error instanceof AppError)) throw error;
  if (error.code === 'timeout') return error.message;
  if (error.cause !== undefined) return 'its process crashed or needed more memory than it may have';
  return error.message.replace(/[^\x20-\x7e]+/g, ' ');
}

function invalid(detail: string, cause?: unknown): AppError {
  return new AppError(
    'model-invalid',
    `The model is refused: ${detail}.`,
    cause === undefined ? {} : { cause },
  );
}
