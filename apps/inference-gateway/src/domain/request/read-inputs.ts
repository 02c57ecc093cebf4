import { AppError, type CanonicalTensor, type ErrorDetail, type TensorSpec } from '@touchstone/contracts';
import type { InferRequest, RequestTensor } from '@touchstone/contracts/http/inference-gateway';
import { decodeTensor, encodeTensor } from '@touchstone/evidence';
import { shapeFits, shapeText } from '../model/manifest.js';
import { quantise } from '@touchstone/integer-model';
import type { Model, ProvableCircuit } from '../model/model.js';
import type { Preparers } from './preparers.js';
import type { PreparedTensor, Preprocessing } from './preprocessing.js';

/** What the inputs of a request have to fit. */
type RequestedModel = Pick<Model, 'manifest' | 'preprocessing' | 'circuit'>;

/** What reading tensors needs of a model: plain values, which can go to another thread. */
export interface TensorModel {
  readonly inputs: readonly TensorSpec[];
  /** Of a model in whole numbers. */
  readonly whole: ProvableCircuit['descriptor']['inputs'] | undefined;
}

/** {@link TensorModel} of a model. */
export function tensorModelOf({ manifest, circuit }: Pick<Model, 'manifest' | 'circuit'>): TensorModel {
  return { inputs: manifest.inputs, whole: circuit?.descriptor.inputs };
}

/**
 * {@link readInputs} of a body that brings tensors.
 *
 * @throws AppError `tensor-invalid`
 */
export function readTensors(model: TensorModel, tensors: readonly RequestTensor[]): CanonicalTensor[] {
  return tensorInputs(model, tensors, (index) => `/inputs/${index}`);
}

/**
 * Turns the body into the model's input tensors, in the order of the manifest. Everything that can be wrong with
 * them is found here, before any money is asked for.
 *
 * @throws AppError `tensor-invalid`, `text-invalid`, `image-invalid` or `validation-failed`, with expected and actual values; and those
 * of {@link Preparers}
 */
export async function readInputs(
  model: RequestedModel,
  request: InferRequest,
  preparers: Preparers,
): Promise<CanonicalTensor[]> {
  const { inputs = [] } = request;
  const given = (['text', 'features', 'image'] as const).find((member) => request[member] !== undefined);
  if (given !== undefined) return preparedInputs(model, request, given, preparers);
  return readTensors(tensorModelOf(model), inputs);
}

/** What the preprocessing of the model makes of a request; bounds and whole numbers are those of any tensor. */
async function preparedInputs(
  model: RequestedModel,
  request: InferRequest,
  given: Preprocessing['takes'],
  preparers: Preparers,
): Promise<CanonicalTensor[]> {
  const { preprocessing, manifest } = model;
  if (preprocessing?.takes !== given) {
    const taken = preprocessing === undefined ? 'inputs' : `inputs" or "${preprocessing.takes}`;
    throw new AppError('validation-failed', `The model ${manifest.id} takes no ${given}.`, {
      details: [{ pointer: `/${given}`, detail: `expected "${taken}", by what the page of the model says` }],
    });
  }
  const prepared = await preprocessing.prepare(request, manifest.inputs, preparers);
  const pointerOf = () => `/${given}`;
  if (model.circuit === undefined && prepared.every(isCanonical))
    return prepared.map((tensor) => withinRange(model, tensor, pointerOf()));
  const tensors = prepared.map((tensor) => requestTensorOf(model, tensor));
  return tensorInputs(tensorModelOf(model), tensors, pointerOf);
}

const isCanonical = (tensor: PreparedTensor): tensor is CanonicalTensor => typeof tensor.data === 'string';

/** The elements have their bytes already, which many of them would be slow to read once more. */
function withinRange(
  { manifest }: RequestedModel,
  tensor: CanonicalTensor,
  pointer: string,
): CanonicalTensor {
  const spec = manifest.inputs.find(({ name }) => name === tensor.name);
  if (spec) checkRange(spec, tensor, pointer);
  return tensor;
}

/** As if somebody had sent it; floats, where a model in whole numbers is to round them. */
function requestTensorOf({ manifest, circuit }: RequestedModel, tensor: PreparedTensor): RequestTensor {
  if (isCanonical(tensor)) {
    const decoded = decodeTensor(tensor);
    if (!decoded.ok) throw new Error(`The input ${tensor.name} is not canonical: ${decoded.error.detail}`);
    return { ...tensor, data: decoded.value };
  }
  const { name, shape, data } = tensor;
  const spec = manifest.inputs.find((input) => input.name === name);
  const datatype = circuit !== undefined || !spec ? 'FP64' : spec.datatype;
  return { name, datatype, shape: [...shape], data: [...data] };
}

function tensorInputs(
  { inputs: specs, whole: wholes }: TensorModel,
  tensors: readonly RequestTensor[],
  pointerOf: (index: number) => string,
): CanonicalTensor[] {
  const details = checkNames(specs, tensors);
  if (details.length > 0) throw invalid(details);
  return specs.map((spec) => {
    const index = tensors.findIndex(({ name }) => name === spec.name);
    const tensor = tensors[index] as RequestTensor;
    const whole = wholes?.find(({ name }) => name === spec.name);
    if (whole && isFloat(tensor)) return quantised(whole, spec, tensor, pointerOf(index));
    return readTensor(spec, tensor, pointerOf(index));
  });
}

function checkNames(specs: readonly TensorSpec[], tensors: readonly RequestTensor[]): ErrorDetail[] {
  const details: ErrorDetail[] = [];
  const expected = new Set(specs.map(({ name }) => name));
  const seen = new Set<string>();
  for (const [index, { name }] of tensors.entries()) {
    const pointer = `/inputs/${index}/name`;
    if (!expected.has(name)) {
      details.push({ pointer, detail: `expected one of ${quoted([...expected])}, got "${name}"` });
    } else if (seen.has(name)) details.push({ pointer, detail: `the tensor "${name}" appears twice` });
    seen.add(name);
  }
  const missing = [...expected].filter((name) => !seen.has(name));
  if (missing.length > 0) {
    details.push({
      pointer: '/inputs',
      detail: `expected ${specs.length} tensors, ${quoted(missing)} missing, got ${tensors.length}`,
    });
  }
  return details;
}

function readTensor(spec: TensorSpec, tensor: RequestTensor, pointer: string): CanonicalTensor {
  if (tensor.datatype !== spec.datatype) {
    throw invalid([
      { pointer: `${pointer}/datatype`, detail: `expected ${spec.datatype}, got ${tensor.datatype}` },
    ]);
  }
  if (!shapeFits(spec.shape, tensor.shape)) {
    const detail = `expected ${shapeText(spec.shape)}, got ${JSON.stringify(tensor.shape)}`;
    throw invalid([{ pointer: `${pointer}/shape`, detail }]);
  }
  if (tensor.data.some(Array.isArray) && !isNested(tensor.data, tensor.shape, 0)) {
    const detail = `expected flat data or arrays nested as the shape ${JSON.stringify(tensor.shape)} says`;
    throw invalid([{ pointer: `${pointer}/data`, detail }]);
  }
  const encoded = encodeTensor(tensor);
  if (!encoded.ok) {
    throw invalid([{ pointer: `${pointer}${encoded.error.pointer}`, detail: encoded.error.detail }]);
  }
  checkRange(spec, encoded.value, pointer);
  return encoded.value;
}

type FloatTensor = RequestTensor & { readonly datatype: 'FP32' | 'FP64' };

const isFloat = (tensor: RequestTensor): tensor is FloatTensor =>
  tensor.datatype === 'FP32' || tensor.datatype === 'FP64';

/** Floats for a model in whole numbers: they become the numbers that are run, signed and disclosed. */
function quantised(
  input: ProvableCircuit['descriptor']['inputs'][number],
  spec: TensorSpec,
  tensor: FloatTensor,
  pointer: string,
): CanonicalTensor {
  const read = readTensor({ name: spec.name, datatype: tensor.datatype, shape: spec.shape }, tensor, pointer);
  const floats = decodeTensor(read);
  if (!floats.ok)
    throw invalid([{ pointer: `${pointer}${floats.error.pointer}`, detail: floats.error.detail }]);
  const { name, datatype, shape } = input;
  const data = Array.from(quantise(input, floats.value.map(Number)));
  const encoded = encodeTensor({ name, datatype, shape, data });
  // What is held between the bounds of the datatype fits it.
  if (!encoded.ok) throw new Error(`The input ${name} is not quantised: ${encoded.error.detail}`);
  return encoded.value;
}

/** Whether arrays are nested exactly as the shape says; ragged rows of the right total would move elements. */
function isNested(data: unknown, shape: readonly number[], depth: number): boolean {
  if (depth === shape.length) return !Array.isArray(data);
  return (
    Array.isArray(data) &&
    data.length === shape[depth] &&
    data.every((row) => isNested(row, shape, depth + 1))
  );
}

function checkRange(spec: TensorSpec, tensor: CanonicalTensor, pointer: string): void {
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = spec;
  if (spec.minimum === undefined && spec.maximum === undefined) return;
  const decoded = decodeTensor(tensor);
  if (!decoded.ok)
    throw invalid([{ pointer: `${pointer}${decoded.error.pointer}`, detail: decoded.error.detail }]);
  const index = decoded.value.findIndex((value) => Number(value) < minimum || Number(value) > maximum);
  if (index === -1) return;
  const range = `from ${spec.minimum ?? '−∞'} to ${spec.maximum ?? '∞'}`;
  throw invalid([
    { pointer: `${pointer}/data/${index}`, detail: `expected a value ${range}, got ${decoded.value[index]}` },
  ]);
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}

function invalid(details: readonly ErrorDetail[]): AppError {
  const first = details[0];
  return new AppError(
    'tensor-invalid',
    `The inputs do not fit the model at "${first?.pointer ?? ''}": ${first?.detail ?? ''}.`,
    { details },
  );
}
