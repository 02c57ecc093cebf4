import type { Affine } from '../affine.js';
import type { Compilation, NodeReader, Operator } from '../compilation.js';
import { plainSums, type Sums } from '../value.js';

/** Windows over the two axes of an image. */
interface Windows {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** Rows above, columns left. */
  readonly begins: readonly [number, number];
  readonly outputs: readonly [number, number];
}

/** Sums of products over windows of an image, by channels (ONNX Conv, two axes). */
export const conv: Operator = (node, { sums }) => {
  const image = node.plain(0);
  const weights = node.constant(1);
  const bias = node.has(2) ? node.constant(2).data : undefined;
  const [, channels, height, width] = imageShape(node, image);
  const [filters = 0, groupChannels = 0, ...kernel] = weights.shape;
  const groups = node.int('group', 1);
  if (weights.shape.length !== 4 || groupChannels * groups !== channels || filters % groups !== 0)
    node.refuse(`has weights of the shape [${weights.shape}] for ${channels} channels in ${groups} groups`);
  const windows = windowsOf(node, kernel as [number, number], [height, width]);
  if (bias !== undefined && bias.length !== filters)
    node.refuse(`has ${bias.length} biases for ${filters} filters`);
  const shape = node.shape([1, filters, ...windows.outputs]);
  const result: Affine[] = [];
  for (let filter = 0; filter < filters; filter += 1) {
    const first = Math.floor(filter / (filters / groups)) * groupChannels;
    eachWindow(windows, [height, width], (places) => {
      for (let channel = 0; channel < groupChannels; channel += 1)
        for (const { kernelAt, imageAt } of places)
          sums.add(
            image.sums[(first + channel) * height * width + imageAt] as Affine,
            weights.data[
              (filter * groupChannels + channel) * windows.kernel[0] * windows.kernel[1] + kernelAt
            ] as number,
          );
      result.push(sums.take(bias?.[filter] ?? 0));
    });
  }
  return plainSums(shape, result);
};

/** Means over windows of an image (ONNX AveragePool, two axes). */
export const averagePool: Operator = (node, compilation) => {
  const image = node.plain(0);
  const [, , height, width] = imageShape(node, image);
  if (node.int('ceil_mode', 0) !== 0) node.refuse('has ceil_mode; export it without');
  const kernel = node.ints('kernel_shape', []) as [number, number];
  return pooled(node, compilation, image, windowsOf(node, kernel, [height, width]));
};

/** The mean over the whole image (ONNX GlobalAveragePool, two axes). */
export const globalAveragePool: Operator = (node, compilation) => {
  const image = node.plain(0);
  const [, , height, width] = imageShape(node, image);
  const one = [1, 1] as const;
  const whole = {
    kernel: [height, width],
    strides: one,
    dilations: one,
    begins: [0, 0],
    outputs: one,
  } as const;
  return pooled(node, compilation, image, whole);
};

function pooled(node: NodeReader, { sums }: Compilation, image: Sums, windows: Windows): Sums {
  const [, channels, height, width] = imageShape(node, image);
  const isPaddingCounted = node.int('count_include_pad', 0) !== 0;
  const whole = windows.kernel[0] * windows.kernel[1];
  const shape = node.shape([1, channels, ...windows.outputs]);
  const result: Affine[] = [];
  for (let channel = 0; channel < channels; channel += 1)
    eachWindow(windows, [height, width], (places) => {
      const share = 1 / (isPaddingCounted ? whole : places.length);
      for (const { imageAt } of places)
        sums.add(image.sums[channel * height * width + imageAt] as Affine, share);
      result.push(sums.take());
    });
  return plainSums(shape, result);
}

function imageShape(node: NodeReader, { shape }: Sums): readonly [number, number, number, number] {
  if (shape.length !== 4 || shape[0] !== 1)
    node.refuse(`has an input of the shape [${shape}]; only one image with two axes can be proved`);
  return shape as unknown as readonly [number, number, number, number];
}

function windowsOf(node: NodeReader, kernel: readonly number[], image: readonly [number, number]): Windows {
  const pair = (name: string): readonly [number, number] => {
    const values = node.ints(name, [1, 1]);
    if (values.length !== 2 || values.some((value) => value < 1)) node.refuse(`has ${name} [${values}]`);
    return values as unknown as readonly [number, number];
  };
  if (kernel.length !== 2 || kernel.some((size) => !(size >= 1))) node.refuse(`has a kernel of [${kernel}]`);
  const stated = node.ints('kernel_shape', kernel);
  if (stated.length !== 2 || stated[0] !== kernel[0] || stated[1] !== kernel[1])
    node.refuse('has a kernel_shape unlike its weights');
  const [strides, dilations] = [pair('strides'), pair('dilations')];
  const spans = kernel.map((size, axis) => (size - 1) * (dilations[axis] as number) + 1);
  const pads = padsOf(node, spans, strides, image);
  const outputs = image.map((size, axis) => {
    const room = size + (pads[axis] as number) + (pads[axis + 2] as number) - (spans[axis] as number);
    return Math.floor(room / (strides[axis] as number)) + 1;
  });
  if (outputs.some((size) => size < 1)) node.refuse('has a kernel larger than its image');
  return {
    kernel: kernel as [number, number],
    strides,
    dilations,
    begins: [pads[0] as number, pads[1] as number],
    outputs: outputs as [number, number],
  };
}

/** Rows and columns of zeros before, then after. */
function padsOf(
  node: NodeReader,
  spans: readonly number[],
  strides: readonly number[],
  image: readonly number[],
): readonly number[] {
  const mode = node.string('auto_pad', 'NOTSET');
  if (mode === 'VALID') return [0, 0, 0, 0];
  if (mode === 'NOTSET') {
    const pads = node.ints('pads', [0, 0, 0, 0]);
    if (pads.length !== 4 || pads.some((pad, index) => pad < 0 || pad >= (spans[index % 2] as number)))
      node.refuse(`has pads [${pads}]`);
    return pads;
  }
  if (mode !== 'SAME_UPPER' && mode !== 'SAME_LOWER') node.refuse(`has auto_pad ${JSON.stringify(mode)}`);
  const totals = image.map((size, axis) => {
    const stride = strides[axis] as number;
    return Math.max(0, (Math.ceil(size / stride) - 1) * stride + (spans[axis] as number) - size);
  });
  const small = totals.map((total) => Math.floor(total / 2));
  const large = totals.map((total, axis) => total - (small[axis] as number));
  return mode === 'SAME_UPPER' ? [...small, ...large] : [...large, ...small];
}

interface Place {
  readonly kernelAt: number;
  readonly imageAt: number;
}

/** Each window in row-major order, with the places of its kernel that lie in the image. */
function eachWindow(
  { kernel, strides, dilations, begins, outputs }: Windows,
  [height, width]: readonly [number, number],
  use: (places: readonly Place[]) => void,
): void {
  for (let top = 0; top < outputs[0]; top += 1) {
    const rows = inside(top * strides[0] - begins[0], kernel[0], dilations[0], height);
    for (let left = 0; left < outputs[1]; left += 1) {
      const columns = inside(left * strides[1] - begins[1], kernel[1], dilations[1], width);
      use(
        rows.flatMap(([row, y]) =>
          columns.map(([column, x]) => ({ kernelAt: row * kernel[1] + column, imageAt: y * width + x })),
        ),
      );
    }
  }
}

/** The steps of a kernel along one axis that lie in the image, each with its place; never more than the image has. */
function inside(start: number, count: number, step: number, size: number): (readonly [number, number])[] {
  const first = Math.max(0, Math.ceil(-start / step));
  const end = Math.min(count, Math.ceil((size - start) / step));
  return Array.from({ length: Math.max(0, end - first) }, (_, at) => [
    first + at,
    start + (first + at) * step,
  ]);
}
