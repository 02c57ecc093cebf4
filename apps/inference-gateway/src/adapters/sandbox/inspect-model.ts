import { AppError, type CanonicalTensor } from '@touchstone/contracts';
import { encodeTensor } from '@touchstone/evidence';
import type { ModelTensors } from '../../domain/model/add-model.js';
import { MODEL_TENSORS_MAX, type ModelDatatype, type TensorSpec } from '../../domain/model/manifest.js';
import { INFER_BODY_BYTES_MAX } from '../../domain/request/infer-request.js';
import { shapeFits } from '../../domain/request/read-inputs.js';
import { inspectOnnx } from '../onnx/inspect-onnx.js';
import type { OnnxPool } from '../onnx/onnx-pool.js';
import { datatypeOf } from '../onnx/onnx-types.js';
import type { DeclaredTensor } from '../onnx/worker-messages.js';
import type { Sandbox } from './sandbox.js';

/** An element takes a digit and a comma in a request body, so an input of more elements could never be sent. */
const INPUT_ELEMENTS_MAX = INFER_BODY_BYTES_MAX / 2;

/** Names appear in evidence, lists and terminals. */
const TENSOR_NAME = /^[\x20-\x7e]{1,256}$/;

const TRIAL = 'trial';

/**
 * Looks through a file, has a fresh process load it, and runs it once on zeros. The tensors are what the file
 * declares; where it leaves the rank of an output open, what the run gave.
 *
 * @throws AppError `model-invalid`
 */
export async function inspectModel(sandbox: Sandbox, bytes: Uint8Array): Promise<ModelTensors> {
  inspectOnnx(bytes);
  const trial = { modelVersionId: TRIAL, read: () => Promise.resolve(bytes) };
  return sandbox.inspect(async (pool) => {
    const declared = await pool.describe(trial).catch((error: unknown) => {
      throw notLoaded(error);
    });
    const inputs = specsOf('input', declared.inputs);
    const outputs = specsOf('output', declared.outputs);
    return { inputs, outputs: outputsOf(outputs, await tryOut(pool, inputs)) };
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
  if (dims.some((size) => size === 0)) throw invalid(`the ${kind} ${shown} has a dimension of size 0`);
  if (kind === 'input' && elementsOf(dims) > INPUT_ELEMENTS_MAX) {
    throw invalid(
      `the input ${shown} has ${elementsOf(dims)} elements, and a request carries at most ${INPUT_ELEMENTS_MAX}`,
    );
  }
  return { name, datatype, shape: [...dims] };
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

/** Runs the model once on zeros, with 1 for every size that is open. */
async function tryOut(
  pool: OnnxPool,
  inputs: readonly TensorSpec[],
): Promise<readonly CanonicalTensor[] | undefined> {
  const feeds = inputs.map(zeros);
  try {
    const { outputs } = await pool.run({ modelVersionId: TRIAL, read: notAgain }, feeds);
    return outputs;
  } catch (error) {
    const refusedByRuntime = error instanceof AppError && error.message.startsWith('The runtime refused');
    // Sizes that are open may not go together at 1; with fixed ones there is nothing to choose.
    if (refusedByRuntime && inputs.some(({ shape }) => shape.includes(-1))) return undefined;
    throw invalid(`it does not run on zeros: ${reason(error)}`, error);
  }
}

const notAgain = (): Promise<Uint8Array> =>
  Promise.reject(new Error('The trial has loaded its model already.'));

function zeros({ name, datatype, shape }: TensorSpec): CanonicalTensor {
  const dims = shape.map((size) => Math.max(1, size));
  const data = Array.from({ length: elementsOf(dims) }, () => zeroOf(datatype));
  const encoded = encodeTensor({ name, datatype, shape: dims, data });
  if (!encoded.ok)
    throw invalid(`zeros do not fit the input ${JSON.stringify(name)}: ${encoded.error.detail}`);
  return encoded.value;
}

const zeroOf = (datatype: ModelDatatype): boolean | number => (datatype === 'BOOL' ? false : 0);

function outputsOf(
  specs: readonly TensorSpec[],
  ran: readonly CanonicalTensor[] | undefined,
): readonly TensorSpec[] {
  if (!ran) return specs;
  return specs.map((spec) => {
    const actual = ran.find(({ name }) => name === spec.name);
    if (!actual) throw invalid(`the output ${JSON.stringify(spec.name)} was not given`);
    if (actual.datatype === spec.datatype && shapeFits(spec.shape, actual.shape)) return spec;
    // The runtime tells an output of unknown rank like a single value.
    if (actual.datatype === spec.datatype && spec.shape.length === 0) {
      return { ...spec, shape: actual.shape.map(() => -1 as const) };
    }
    const expected = `${spec.datatype} ${JSON.stringify(spec.shape)}`;
    throw invalid(
      `the output ${JSON.stringify(spec.name)} is declared as ${expected} and is ` +
        `${actual.datatype} ${JSON.stringify(actual.shape)}`,
    );
  });
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
