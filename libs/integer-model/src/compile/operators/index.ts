import type { Operator } from '../compilation.js';
import { clip, leakyRelu, post, relu } from './activation.js';
import { add, divide, multiply, subtract } from './elementwise.js';
import { batchNormalization, gemm, matMul } from './linear.js';
import { dequantizeLinear, quantizeLinear } from './quantisation.js';
import { constant, dropout, flatten, identity, reshape, squeeze, unsqueeze } from './shape.js';
import { averagePool, conv, globalAveragePool } from './window.js';

/** What can be proved, by the operator's name in ONNX. */
export const operators: Readonly<Record<string, Operator>> = {
  Add: add,
  ArgMax: post('ArgMax'),
  AveragePool: averagePool,
  BatchNormalization: batchNormalization,
  Clip: clip,
  Constant: constant,
  Conv: conv,
  DequantizeLinear: dequantizeLinear,
  Div: divide,
  Dropout: dropout,
  Flatten: flatten,
  Gemm: gemm,
  GlobalAveragePool: globalAveragePool,
  Identity: identity,
  LeakyRelu: leakyRelu,
  MatMul: matMul,
  Mul: multiply,
  QuantizeLinear: quantizeLinear,
  Relu: relu,
  Reshape: reshape,
  Sigmoid: post('Sigmoid'),
  Softmax: post('Softmax'),
  Squeeze: squeeze,
  Sub: subtract,
  Unsqueeze: unsqueeze,
};
