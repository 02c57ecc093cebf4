export { EXTERNAL_DATA_REFUSAL, hasExternalData, isExternal } from './external-data.js';
export {
  type ElementType,
  elementTypes,
  type OnnxAttribute,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
} from './model.js';
export {
  type Field,
  LENGTH_DELIMITED,
  malformed,
  readFields,
  readVarint,
  REFUSAL_CHARACTERS_MAX,
} from './protobuf-fields.js';
export { readOnnxModel } from './read-model.js';
export { AXES_MAX } from './read-tensor.js';
