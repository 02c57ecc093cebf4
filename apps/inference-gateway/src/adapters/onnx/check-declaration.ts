import { AppError, type TensorSpec } from '@touchstone/contracts';
import { shapeText } from '../../domain/model/manifest.js';
import type { Model } from '../../domain/model/model.js';
import { datatypeOf } from './onnx-types.js';
import type { DeclaredTensor, ModelDescription } from './worker-messages.js';

/**
 * Checks that the manifest says about inputs and outputs what the file itself declares. A size that the file leaves
 * open may be fixed by the manifest. Of an output the manifest may also leave open what the file fixes, because files
 * declare sizes that their models do not give.
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
      if (tensor && fits(part, spec, tensor)) continue;
      const found = tensor ? `${tensor.type} ${shapeText(tensor.dims)}` : 'nothing';
      throw mismatch(manifest.id, `${part}/${spec.name}`, `${spec.datatype} ${shapeText(spec.shape)}`, found);
    }
  }
}

function fits(part: 'inputs' | 'outputs', { datatype, shape }: TensorSpec, tensor: DeclaredTensor): boolean {
  const { type, dims } = tensor;
  if (datatypeOf(type) !== datatype) return false;
  const mayOpen = part === 'outputs';
  if (!shape || !dims) return !dims || mayOpen;
  return (
    dims.length === shape.length &&
    dims.every((size, index) => size === -1 || size === shape[index] || (mayOpen && shape[index] === -1))
  );
}

function mismatch(id: string, place: string, expected: string, actual: string): AppError {
  return new AppError(
    'model-invalid',
    `The manifest of ${id} says ${expected} at ${place}, the file declares ${actual}.`,
  );
}
