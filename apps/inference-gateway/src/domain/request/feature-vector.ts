import { AppError, type ErrorDetail, type TensorSpec } from '@touchstone/contracts';
import {
  featureSpec,
  FEATURES_MAX,
  type FeatureSpec,
  type InferRequest,
} from '@touchstone/contracts/http/inference-gateway';
import { z } from 'zod';
import type { PreparedTensor, Preprocessing } from './preprocessing.js';

const featureVectorFile = z.strictObject({
  type: z.literal('feature-vector'),
  rules: z.array(z.string()).max(64),
  features: z.array(featureSpec).min(1).max(FEATURES_MAX),
});

/**
 * Preprocessing of the type `feature-vector`: numbers by name become the elements of one input in the order of the file. None may be left
 * out, none is taken twice, and nothing is clipped: a number outside its range is refused.
 */
export class FeatureVector implements Preprocessing {
  readonly takes = 'features';

  private constructor(readonly features: readonly FeatureSpec[]) {}

  /** Reads a parsed features.json. @throws AppError `model-invalid` */
  static fromFile(value: unknown): FeatureVector {
    const parsed = featureVectorFile.safeParse(value);
    if (!parsed.success)
      throw new AppError(
        'model-invalid',
        `The list of features does not fit its schema: ${z.prettifyError(parsed.error)}`,
      );
    const { features } = parsed.data;
    if (new Set(features.map(({ name }) => name)).size !== features.length)
      throw new AppError('model-invalid', 'The list of features holds a name twice.');
    const empty = features.find(({ minimum, maximum }) => minimum > maximum);
    if (empty)
      throw new AppError('model-invalid', `The feature ${empty.name} has a minimum above its maximum.`);
    return new FeatureVector(features);
  }

  get needs(): string {
    return `one FP32 or FP64 input of shape [1,${this.features.length}]`;
  }

  fits(inputs: readonly TensorSpec[]): boolean {
    const [input] = inputs;
    return (
      inputs.length === 1 &&
      (input?.datatype === 'FP32' || input?.datatype === 'FP64') &&
      JSON.stringify(input.shape) === `[1,${this.features.length}]`
    );
  }

  prepare(request: InferRequest, inputs: readonly TensorSpec[]): PreparedTensor[] {
    const data = this.elements(request);
    return inputs.map(({ name }) => ({ name, shape: [1, data.length], data }));
  }

  /** The numbers in the order of the file. */
  elements({ features = {} }: InferRequest): number[] {
    const known = new Set(this.features.map(({ name }) => name));
    const details: ErrorDetail[] = Object.keys(features)
      .filter((name) => !known.has(name))
      .map((name) => ({ pointer: pointerOf(name), detail: 'the model has no such feature' }));
    const elements = this.features.map(({ name, minimum, maximum }) => {
      const value = Object.hasOwn(features, name) ? features[name] : undefined;
      if (value === undefined) details.push({ pointer: '/features', detail: `"${name}" is missing` });
      else if (value < minimum || value > maximum)
        details.push({
          pointer: pointerOf(name),
          detail: `expected a number from ${minimum} to ${maximum}, got ${value}`,
        });
      return value ?? 0;
    });
    const [first] = details;
    if (first === undefined) return elements;
    throw new AppError(
      'tensor-invalid',
      `The features do not fit the model at "${first.pointer}": ${first.detail}.`,
      { details },
    );
  }
}

/** A JSON pointer (RFC 6901). */
const pointerOf = (name: string): string =>
  `/features/${name.slice(0, 128).replaceAll('~', '~0').replaceAll('/', '~1')}`;
