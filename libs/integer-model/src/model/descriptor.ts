import { canonicalJson } from '@touchstone/canonical-json';
import { AppError } from '@touchstone/contracts';
import type { CircuitDescriptor } from '@touchstone/contracts/circuit';
import { compileIntegerModel } from '../compile/compile-model.js';
import type { IntegerModel } from './integer-model.js';

/** Name and version of the compiler of this library; a change of what it makes of a file is another version. */
export const COMPILER = 'touchstone-integer/1';

/**
 * What the public signals of a model's circuit mean (protocol section 11).
 *
 * @param modelHash SHA-256 of the ONNX file, lower-case hex
 * @param constraints of the circuit
 */
export function descriptorOf(model: IntegerModel, modelHash: string, constraints: number): CircuitDescriptor {
  return {
    version: 1,
    compiler: COMPILER,
    modelHash,
    inputs: model.inputs.map(({ name, datatype, shape, scaleLog2, zeroPoint }) => ({
      ...{ name, datatype, zeroPoint },
      shape: [...shape],
      scaleLog2: [...scaleLog2],
    })),
    activations: model.layers.map(({ scaleLog2 }) => scaleLog2),
    outputs: model.outputs.map(({ name, datatype, shape, scaleLog2 }) => ({
      ...{ name, datatype, scaleLog2 },
      shape: [...shape],
    })),
    post: model.post.map(({ op, from, name }) => ({ op, from, name })),
    constraints,
  };
}

/**
 * Compiles the model that a descriptor speaks of from its file. That the file is the one it names, its hash says.
 *
 * @throws AppError `model-invalid` where the file does not give what the descriptor says
 */
export function compileDescribed(file: Uint8Array, descriptor: CircuitDescriptor): IntegerModel {
  const { inputs, activations, modelHash, constraints } = descriptor;
  const model = compileIntegerModel(file, { stated: { inputs, activations } });
  const own = descriptorOf(model, modelHash, constraints);
  if (canonicalJson(own) !== canonicalJson(descriptor))
    throw new AppError('model-invalid', `The file does not give the model of its descriptor by ${COMPILER}.`);
  return model;
}
