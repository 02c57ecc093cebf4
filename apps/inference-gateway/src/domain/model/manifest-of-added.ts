import { AppError, type TensorSpec } from '@touchstone/contracts';
import type { AddedManifest } from '@touchstone/contracts/http/inference-gateway';
import { modelManifest, type ModelManifest } from './manifest.js';
import { requireOutputType } from './output-type.js';

/** The inputs and outputs of a file that was loaded and tried. */
export interface ModelTensors {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

/**
 * The manifest of a model that is added: what its owner says, and what its file showed.
 *
 * @param digest SHA-256 of the file
 * @throws AppError `model-invalid` when the labels fit no output, or the outputs are not of the type that was said
 */
export function manifestOfAdded(
  { name, version, developer, ...wanted }: AddedManifest,
  digest: string,
  tensors: ModelTensors,
): ModelManifest {
  const manifest = modelManifest.parse({
    id: name,
    name,
    version,
    developer,
    description: wanted.description ?? `The model ${name}, added by the operator.`,
    file: 'model.onnx',
    sha256: digest,
    ...(wanted.licence === undefined ? {} : { licence: wanted.licence }),
    task: wanted.task,
    inputs: tensors.inputs,
    outputs: labelled(tensors.outputs, wanted.labels),
    priceAtomic: wanted.priceAtomic,
    ...(wanted.outputType === undefined ? {} : { outputType: wanted.outputType }),
  });
  requireOutputType(manifest);
  return manifest;
}

function labelled(outputs: readonly TensorSpec[], labels: readonly string[] | undefined): TensorSpec[] {
  if (!labels) return [...outputs];
  const elements = ({ shape }: TensorSpec) =>
    shape?.reduce((product, size) => product * Math.max(1, size), 1);
  const exact = outputs.findIndex((output) => elements(output) === labels.length);
  const index = exact === -1 ? outputs.findIndex(({ shape }) => !shape) : exact;
  if (index === -1) {
    const found = outputs.map((output) => `"${output.name}" has ${elements(output)}`).join(', ');
    throw new AppError(
      'model-invalid',
      `There are ${labels.length} labels, and no output has as many elements: ${found}.`,
    );
  }
  return outputs.map((output, at) => (at === index ? { ...output, labels: [...labels] } : output));
}
