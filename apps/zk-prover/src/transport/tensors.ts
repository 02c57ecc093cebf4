import type { CircuitDescriptor } from '@touchstone/contracts/circuit';
import type { PapTensor } from '@touchstone/prover-adapter';
import { ProverError } from '../domain/prover-error.js';

type TensorSpec = Omit<PapTensor, 'values'>;

/** Names, datatypes and shapes of a circuit's tensors. */
export function specsOf({ inputs, outputs }: CircuitDescriptor): {
  readonly inputs: TensorSpec[];
  readonly outputs: TensorSpec[];
} {
  const spec = ({ name, datatype, shape }: TensorSpec): TensorSpec => ({ name, datatype, shape });
  return { inputs: inputs.map(spec), outputs: outputs.map(spec) };
}

/**
 * The values of tensors that are just those of the circuit, in its order.
 *
 * @throws ProverError `inputs-invalid` for a tensor of another name, datatype or shape
 */
export function valuesOf(specs: readonly TensorSpec[], tensors: readonly PapTensor[]): number[][] {
  const expected = specs.map(describe).join(', ');
  const actual = tensors.map(describe).join(', ');
  if (actual !== expected)
    throw new ProverError('inputs-invalid', `Expected the tensors ${expected}; there are ${actual}.`);
  return tensors.map(({ values }) => values);
}

const describe = ({ name, datatype, shape }: TensorSpec): string =>
  `${JSON.stringify(name)} ${datatype}[${shape.join(',')}]`;
