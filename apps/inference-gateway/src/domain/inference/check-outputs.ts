import { AppError, type CanonicalTensor } from '@touchstone/contracts';
import { rawContents } from '@touchstone/evidence';
import type { Model } from '../model/model.js';
import { shapeFits } from '../request/read-inputs.js';

/**
 * Checks what a model gave against its manifest, in the manifest's order. NaN and infinities cannot be proven
 * (protocol section 8): such a run failed.
 *
 * @throws AppError `inference-failed`
 */
export function checkOutputs({ manifest }: Model, outputs: readonly CanonicalTensor[]): CanonicalTensor[] {
  return manifest.outputs.map((spec) => {
    const tensor = outputs.find(({ name }) => name === spec.name);
    if (!tensor) throw failed(manifest.id, spec.name, 'is missing');
    if (tensor.datatype !== spec.datatype || !shapeFits(spec.shape, tensor.shape)) {
      const expected = `${spec.datatype} ${JSON.stringify(spec.shape)}`;
      throw failed(
        manifest.id,
        spec.name,
        `is ${tensor.datatype} ${JSON.stringify(tensor.shape)}, not ${expected}`,
      );
    }
    const raw = rawContents(tensor);
    if (!raw.ok) throw failed(manifest.id, spec.name, raw.error.detail);
    return tensor;
  });
}

function failed(id: string, output: string, detail: string): AppError {
  return new AppError('inference-failed', `The output "${output}" of ${id} cannot be proven: ${detail}.`);
}
