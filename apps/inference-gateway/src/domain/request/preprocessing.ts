import type { CanonicalTensor, TensorSpec } from '@touchstone/contracts';
import type { FeatureSpec, InferRequest } from '@touchstone/contracts/http/inference-gateway';
import type { Preparers } from './preparers.js';

/** An input as a preprocessing gives it: as numbers that its datatype is put on, or canonical already. */
export type PreparedTensor = NumbersByShape | CanonicalTensor;

interface NumbersByShape {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** How something that is no tensor becomes the inputs of a model. Its file is bound by its digest in the metadata of the ONNX file. */
export interface Preprocessing {
  /** The member of a request that it reads. */
  readonly takes: 'text' | 'features' | 'image';
  /** What the inputs of the model have to be, in words. */
  readonly needs: string;
  /** What callers name, where they name anything. */
  readonly features: readonly FeatureSpec[] | undefined;
  /** Largest body that brings what it takes, where the limit by its tensors is not enough. */
  readonly bodyBytesMax?: number;
  fits(inputs: readonly TensorSpec[]): boolean;
  /** @throws AppError `text-invalid`, `tensor-invalid`, `image-invalid`, and those of {@link Preparers} */
  prepare(
    request: InferRequest,
    inputs: readonly TensorSpec[],
    preparers: Preparers,
  ): readonly PreparedTensor[] | Promise<readonly PreparedTensor[]>;
  /** Finds out what would otherwise fail with every request. @throws AppError `model-invalid` */
  tryOut?(preparers: Preparers): Promise<void>;
}
