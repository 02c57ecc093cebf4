import { fileURLToPath } from 'node:url';

/** Beside `dist` as beside the bundle: this file stands at the top of both. */
export const inferenceProtoPath = fileURLToPath(
  new URL('../../../libs/contracts/proto/touchstone/inference/v1/inference.proto', import.meta.url),
);

export const INFERENCE_SERVICE = 'touchstone.inference.v1.InferenceService';
