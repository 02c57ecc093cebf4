import type { ModelDatatype, TensorSpec } from '@touchstone/contracts';
import type { Model } from '../model/model.js';
import { INFER_BODY_BYTES_CEILING, INFER_BODY_BYTES_MAX } from './request-limits.js';

/** The longest that an element of a datatype is spelt in, with its comma; integers of 64 bits stand in quotes. */
const SPELLING_BYTES: Readonly<Record<ModelDatatype, number>> = {
  BOOL: 6,
  INT8: 5,
  UINT8: 4,
  INT16: 7,
  UINT16: 6,
  INT32: 12,
  UINT32: 11,
  INT64: 23,
  UINT64: 23,
  FP16: 24,
  FP32: 24,
  FP64: 25,
};

/** What a size that the model leaves open counts. */
const OPEN_SIZE = 1_024;

/** For brackets and line breaks, a tensor's name and shape, and what else a request says. */
const FRAMING_BYTES = 65_536;

/** What the limit depends on. */
export type BodyShape = Pick<Model, 'preprocessing'> & {
  readonly manifest: Pick<Model['manifest'], 'inputs'>;
};

/**
 * Largest body of a request of a model: every input that its tensors take can be written out, {@link INFER_BODY_BYTES_MAX}
 * at least and {@link INFER_BODY_BYTES_CEILING} at most.
 */
export function bodyBytesMaxOf({ manifest, preprocessing }: BodyShape): number {
  const written = manifest.inputs.reduce((sum, input) => sum + writtenBytes(input), FRAMING_BYTES);
  const wanted = Math.max(INFER_BODY_BYTES_MAX, written, preprocessing?.bodyBytesMax ?? 0);
  return Math.min(INFER_BODY_BYTES_CEILING, wanted);
}

function writtenBytes({ datatype, shape }: TensorSpec): number {
  if (shape === undefined) return INFER_BODY_BYTES_CEILING;
  // A row has brackets of its own, where the data are nested.
  const rows = shape.slice(0, -1);
  const elements = sizeOf(shape) * SPELLING_BYTES[datatype as ModelDatatype];
  return elements + rows.reduce((sum, _size, depth) => sum + 3 * sizeOf(rows.slice(0, depth + 1)), 0);
}

const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * (size === -1 ? OPEN_SIZE : size), 1);
