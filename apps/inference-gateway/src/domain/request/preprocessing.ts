import type { TensorSpec } from '@touchstone/contracts';
import type { FeatureSpec, InferRequest } from '@touchstone/contracts/http/inference-gateway';

/** How something that is no tensor becomes the one input of a model. Its file is bound by its digest in the metadata of the ONNX file. */
export interface Preprocessing {
  /** The member of a request that it reads. */
  readonly takes: 'text' | 'features';
  /** What the inputs of the model have to be, in words. */
  readonly needs: string;
  /** What callers name, where they name anything. */
  readonly features: readonly FeatureSpec[] | undefined;
  /** Largest body that brings what it takes, where the limit by its tensors is not enough. */
  readonly bodyBytesMax?: number;
  fits(inputs: readonly TensorSpec[]): boolean;
  /** The elements of the input. @throws AppError `text-invalid`, `tensor-invalid` */
  elements(request: InferRequest): number[];
}
