import type { PostProcessing } from '../../model/integer-model.js';
import type { Operator } from '../compilation.js';
import type { Sums } from '../value.js';

/** max(x, 0) (ONNX Relu). */
export const relu: Operator = (node) => bounded(node.pending(0), 0, Infinity);

/** Between two constants (ONNX Clip; Relu6 is one). */
export const clip: Operator = (node) => {
  const bound = (index: number, name: string, otherwise: number): number => {
    if (node.opset < 11) return node.float(name, otherwise);
    if (!node.has(index)) return otherwise;
    const { data } = node.constant(index);
    return data.length === 1 ? (data[0] as number) : node.refuse(`has a ${name} that is no single number`);
  };
  const [lower, upper] = [bound(1, 'min', -Infinity), bound(2, 'max', Infinity)];
  if (!(lower <= upper)) node.refuse(`holds values between ${lower} and ${upper}`);
  return bounded(node.pending(0), lower, upper);
};

/** x, or alpha · x below zero (ONNX LeakyRelu). */
export const leakyRelu: Operator = (node) => {
  const value = node.plain(0);
  const slope = node.float('alpha', 0.01);
  if (!(slope >= 0 && slope <= 1)) node.refuse(`has the alpha ${slope}; only 0 to 1 can be proved`);
  return { ...value, activation: { ...value.activation, slope } };
};

function bounded(value: Sums, lower: number, upper: number): Sums {
  const { activation } = value;
  const within = (bound: number): number => Math.min(upper, Math.max(lower, bound));
  return {
    ...value,
    activation: { ...activation, lower: within(activation.lower), upper: within(activation.upper) },
  };
}

/** Not what can be proved, but what the verifier computes from it. */
export const post =
  (op: PostProcessing['op']): Operator =>
  (node) => {
    const { shape } = node.pending(0);
    const [[from], [name]] = [node.node.inputs, node.node.outputs] as [[string], [string]];
    const last = shape.length - 1;
    const axis = node.int('axis', op === 'Softmax' ? (node.opset < 13 ? 1 : -1) : 0);
    if (op !== 'Sigmoid' && axis !== -1 && axis !== last)
      node.refuse(`goes along the axis ${axis}; only the last one is computed after the proof`);
    if (node.int('select_last_index', 0) !== 0)
      node.refuse('takes the last of equal values; only the first is computed after the proof');
    return { kind: 'post', post: { op, from, name } };
  };
