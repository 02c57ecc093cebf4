import type { CircuitDescriptor } from '@touchstone/contracts';
import type { IntegerModel } from '@touchstone/integer-model';

/** What turns an ONNX file into whole numbers, and how; one that does it otherwise needs another name. */
const COMPILER = 'touchstone-integer/1';

/**
 * What the public signals of a model's circuit mean (protocol, section 11).
 *
 * @param modelHash SHA-256 of the ONNX file that the model was compiled from, lower-case hex
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
    outputs: model.outputs.map(({ name, datatype, shape, scaleLog2 }) => ({
      ...{ name, datatype, scaleLog2 },
      shape: [...shape],
    })),
    post: model.post.map(({ op, from, name }) => ({ op, from, name })),
    constraints,
  };
}
