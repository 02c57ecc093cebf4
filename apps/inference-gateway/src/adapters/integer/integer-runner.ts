import { AppError, type CanonicalTensor } from '@touchstone/contracts';
import { decodeTensor, encodeTensor } from '@touchstone/evidence';
import { runIntegerModel } from '@touchstone/integer-model';
import type { ModelRun, ModelRunner } from '../../domain/inference/model-runner.js';
import type { Model } from '../../domain/model/model.js';

/** Runs models in whole numbers in this thread: they are small, and their sums exact on every machine. */
export class IntegerRunner implements ModelRunner {
  async run({ circuit, manifest }: Model, inputs: readonly CanonicalTensor[]): Promise<ModelRun> {
    if (circuit === undefined) throw new Error(`The model ${manifest.id} has no circuit.`);
    const { model, descriptor } = circuit;
    const startedMs = performance.now();
    const values = descriptor.inputs.map(({ name }) => elementsOf(inputs, name));
    const { outputs } = runIntegerModel(model, values);
    const milliseconds = performance.now() - startedMs;
    const tensors = descriptor.outputs.map(({ name, datatype, shape }, index) => {
      const encoded = encodeTensor({ name, datatype, shape, data: Array.from(outputs[index] as Int32Array) });
      if (!encoded.ok) throw new AppError('inference-failed', `The output ${name}: ${encoded.error.detail}.`);
      return encoded.value;
    });
    return { outputs: tensors, milliseconds };
  }
}

function elementsOf(inputs: readonly CanonicalTensor[], name: string): number[] {
  const tensor = inputs.find((input) => input.name === name);
  const decoded = tensor && decodeTensor(tensor);
  if (!decoded?.ok) throw new AppError('inference-failed', `The input ${name} cannot be read.`);
  return decoded.value.map(Number);
}
