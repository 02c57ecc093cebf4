import { AppError } from '@touchstone/contracts';
import type { TensorSpec } from '../../domain/model/manifest.js';
import type { Model } from '../../domain/model/model.js';
import { datatypeOf } from './onnx-types.js';
import type { DeclaredTensor, ModelDescription } from './worker-messages.js';

/**
 * Checks that the manifest says about inputs and outputs what the file itself declares. A size that the file leaves
 * open may be fixed by the manifest, not the other way round.
 *
 * @throws AppError `model-invalid`
 */
export function checkDeclaration({ manifest }: Pick<Model, 'manifest'>, declared: ModelDescription): void {
  for (const part of ['inputs', 'outputs'] as const) {
    const expected = manifest[part];
    const actual = declared[part];
    const names = expected.map(({ name }) => name).sort();
    const declaredNames = actual.map(({ name }) => name).sort();
    if (JSON.stringify(names) !== JSON.stringify(declaredNames)) {
      throw mismatch(manifest.id, part, JSON.stringify(names), JSON.stringify(declaredNames));
    }
    for (const spec of expected) {
      const tensor = actual.find(({ name }) => name === spec.name);
      if (tensor && fits(spec, tensor)) continue;
      const found = tensor ? `${tensor.type} ${JSON.stringify(tensor.dims)}` : 'nothing';
      throw mismatch(
        manifest.id,
        `${part}/${spec.name}`,
        `${spec.datatype} ${JSON.stringify(spec.shape)}`,
        found,
      );
    }
  }
}

function fits(spec: TensorSpec, tensor: DeclaredTensor): boolean {
  return (
    datatypeOf(tensor.type) === spec.datatype &&
    tensor.dims.length === spec.shape.length &&
    tensor.dims.every((size, index) => size === -1 || size === spec.shape[index])
  );
}

function mismatch(id: string, place: string, expected: string, actual: string): AppError {
  return new AppError(
    'model-invalid',
    `The manifest of ${id} says ${expected} at ${place}, the file declares ${actual}.`,
  );
}
