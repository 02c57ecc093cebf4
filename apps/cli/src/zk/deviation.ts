import { AppError, type CanonicalTensor } from '@touchstone/contracts';
import type { CircuitDeviation, ModelCircuit } from '@touchstone/contracts/circuit';
import { circuitDigest, decodeTensor, encodeTensor } from '@touchstone/evidence';
import { compileDescribed, quantise, runIntegerModel, type IntegerModel } from '@touchstone/integer-model';
import { EXTERNAL_DATA_REFUSAL, hasExternalData, readOnnxModel, type ElementType } from '@touchstone/onnx';
import { CommandError, exitCodes } from '../exit-codes.js';
import { runFloats, type FloatRuns } from '../replay/run-floats.js';
import { deviation, labelOf, readOutputs, requireFinite, type ReadOutput } from './deviation-of-output.js';
import type { Sample } from './deviation-samples.js';
import { sha256Hex } from './sha256-hex.js';

/** Samples that one process of the runtime answers. */
const RUNS_IN_ONE_PROCESS = 1_000;

const datatypes = { FLOAT: 'FP32', DOUBLE: 'FP64', UINT8: 'UINT8', INT8: 'INT8', UINT16: 'UINT16' } as const;
type Datatype = (typeof datatypes)[keyof typeof datatypes];

/** A model file with a circuit that was written from it. */
export interface ComparedModel {
  /** Absolute path. */
  readonly path: string;
  readonly file: Uint8Array;
  readonly circuit: ModelCircuit;
}

/**
 * Compares a model in whole numbers with the floats of its file.
 *
 * @param samplesHash SHA-256 of the file of the samples, lower-case hex
 * @param tolerance largest difference at which single numbers agree
 * @param tell called with how many samples are done
 * @throws CommandError where one of the two cannot be run
 */
export async function deviationOf(
  { path, file, circuit }: ComparedModel,
  { sha256, samples }: { readonly sha256: string; readonly samples: readonly Sample[] },
  tolerance: number,
  tell: (done: number) => void,
): Promise<CircuitDeviation> {
  const model = modelOf(path, file, circuit);
  const comparison = new Comparison(model, tolerance);
  const names = datatypesOf(file);
  let runtime: FloatRuns['runtime'] | undefined;
  for (let from = 0; from < samples.length; from += RUNS_IN_ONE_PROCESS) {
    const some = samples.slice(from, from + RUNS_IN_ONE_PROCESS);
    const floats = await runFloats(
      path,
      some.map((sample) =>
        model.inputs.map((input, index) => floatTensor(input, names, sample.inputs[index])),
      ),
    );
    runtime = floats.runtime;
    some.forEach((sample, index) => comparison.add(sample, floats.runs[index] as readonly CanonicalTensor[]));
    tell(from + some.length);
  }
  if (runtime === undefined) throw new CommandError(exitCodes.configuration, 'There are no samples.');
  return {
    version: 1,
    modelHash: circuit.descriptor.modelHash,
    vkDigest: circuitDigest(circuit),
    samples: { sha256, count: samples.length },
    tolerance,
    runtime,
    ...comparison.result(),
  };
}

function modelOf(path: string, file: Uint8Array, { descriptor }: ModelCircuit): IntegerModel {
  const refuse = (why: string): CommandError => new CommandError(exitCodes.invalid, `${path}: ${why}`);
  if (hasExternalData(file)) throw refuse(`${EXTERNAL_DATA_REFUSAL}.`);
  const hash = sha256Hex(file);
  if (hash !== descriptor.modelHash)
    throw refuse(`its SHA-256 is ${hash}, the circuit is of ${descriptor.modelHash}.`);
  try {
    return compileDescribed(file, descriptor);
  } catch (error) {
    throw error instanceof AppError ? refuse(error.message) : error;
  }
}

function datatypesOf(file: Uint8Array): ReadonlyMap<string, Datatype> {
  const known = datatypes as Partial<Record<ElementType, Datatype>>;
  return new Map(readOnnxModel(file).inputs.map(({ name, type }) => [name, (type && known[type]) ?? 'FP32']));
}

function floatTensor(
  { name, shape }: IntegerModel['inputs'][number],
  names: ReadonlyMap<string, Datatype>,
  values: readonly number[] | undefined,
): CanonicalTensor {
  const datatype = names.get(name) ?? 'FP32';
  const encoded = encodeTensor({ name, datatype, shape: [...shape], data: [...(values ?? [])] });
  if (encoded.ok) return encoded.value;
  throw new CommandError(exitCodes.configuration, `The samples of ${name}: ${encoded.error.detail}`);
}

/** Adds up how the two models stand to each other. */
class Comparison {
  private readonly known: ReadonlyMap<string, ReadOutput>;
  private readonly outputs = new Map<
    string,
    { elements: number; largestDifference: number; agreeing: number }
  >();
  private count = 0;
  private agreeing = 0;
  private labelled = 0;
  private readonly right = { float: 0, integer: 0 };

  constructor(
    private readonly model: IntegerModel,
    private readonly tolerance: number,
  ) {
    this.known = readOutputs(model);
  }

  add({ inputs, label }: Sample, tensors: readonly CanonicalTensor[]): void {
    const whole = runIntegerModel(
      this.model,
      this.model.inputs.map((input, index) => quantise(input, inputs[index] ?? [])),
    ).outputs;
    const agree = tensors.map((tensor, index) =>
      this.addOutput(tensor, whole, index === 0 ? label : undefined),
    );
    this.count += 1;
    if (agree.every(Boolean)) this.agreeing += 1;
  }

  private addOutput(
    tensor: CanonicalTensor,
    whole: readonly Int32Array[],
    label: number | undefined,
  ): boolean {
    const read = this.known.get(tensor.name);
    const decoded = decodeTensor(tensor);
    if (read === undefined || !decoded.ok)
      throw new CommandError(
        exitCodes.invalid,
        `The file gives ${tensor.name}, which cannot be computed from the outputs of its circuit.`,
      );
    const float = decoded.value.map(Number);
    requireFinite(tensor.name, float, this.count);
    const own = read.valuesOf(whole);
    const { largestDifference, agrees } = deviation(read, float, own, this.tolerance);
    const before = this.outputs.get(tensor.name);
    this.outputs.set(tensor.name, {
      elements: own.length,
      largestDifference: Math.max(before?.largestDifference ?? 0, largestDifference),
      agreeing: (before?.agreeing ?? 0) + (agrees ? 1 : 0),
    });
    if (label !== undefined && labelOf(read, own) !== undefined) {
      this.labelled += 1;
      this.right.float += labelOf(read, float) === label ? 1 : 0;
      this.right.integer += labelOf(read, own) === label ? 1 : 0;
    }
    return agrees;
  }

  result(): Pick<CircuitDeviation, 'outputs' | 'agreement' | 'accuracy'> {
    const share = (part: number): number => part / this.count;
    const accuracy = { float: share(this.right.float), integer: share(this.right.integer) };
    return {
      outputs: [...this.outputs].map(([name, { elements, largestDifference, agreeing }]) => ({
        ...{ name, elements, largestDifference },
        agreement: share(agreeing),
      })),
      agreement: share(this.agreeing),
      ...(this.labelled === this.count ? { accuracy } : {}),
    };
  }
}
