import { AppError, TENSOR_RANK_MAX, type CanonicalTensor } from '@touchstone/contracts';
import { rawContents } from '@touchstone/evidence';
import type { Model } from '../model/model.js';
import { shapeFits, shapeText } from '../model/manifest.js';

/**
 * Checks what a model gave against its manifest, in the manifest's order. NaN and infinities cannot be proven
 * (protocol section 8): such a run failed. The shape that an added model's file declares is taken for what it is, a
 * statement that the run may correct; the one in the manifest of a deployed model is its operator's promise.
 *
 * @throws AppError `inference-failed`
 */
export function checkOutputs(
  { manifest, origin }: Pick<Model, 'manifest' | 'origin'>,
  outputs: readonly CanonicalTensor[],
): CanonicalTensor[] {
  return manifest.outputs.map((spec) => {
    const tensor = outputs.find(({ name }) => name === spec.name);
    if (!tensor) throw failed(manifest.id, spec.name, 'is missing');
    const promised = origin === 'folder' ? spec.shape : undefined;
    if (tensor.datatype !== spec.datatype || !shapeFits(promised, tensor.shape)) {
      const expected = `${spec.datatype} ${shapeText(promised)}`;
      throw failed(
        manifest.id,
        spec.name,
        `is ${tensor.datatype} ${JSON.stringify(tensor.shape)}, not ${expected}`,
      );
    }
    if (tensor.shape.length > TENSOR_RANK_MAX) {
      throw failed(
        manifest.id,
        spec.name,
        `it has ${tensor.shape.length} dimensions, at most ${TENSOR_RANK_MAX} are taken`,
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
