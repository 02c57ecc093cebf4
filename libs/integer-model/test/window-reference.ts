/** What attributes say of windows over an image. */
export interface Windows {
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** Above, left, below, right. */
  readonly pads: readonly [number, number, number, number];
}

interface Image {
  readonly shape: readonly number[];
  readonly data: number[];
}

interface Output {
  readonly height: number;
  readonly width: number;
  readonly at: (top: number, left: number, row: number, column: number) => readonly [number, number];
}

function outputOf(
  [, , height = 0, width = 0]: readonly number[],
  kernel: readonly number[],
  given: Partial<Windows>,
): Output {
  const { strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0] } = given;
  const sizeOf = (size: number, axis: 0 | 1): number =>
    Math.floor(
      (size + pads[axis] + pads[axis === 0 ? 2 : 3] - ((kernel[axis] ?? 0) - 1) * dilations[axis] - 1) /
        strides[axis],
    ) + 1;
  return {
    height: sizeOf(height, 0),
    width: sizeOf(width, 1),
    at: (top, left, row, column) => [
      top * strides[0] + row * dilations[0] - pads[0],
      left * strides[1] + column * dilations[1] - pads[1],
    ],
  };
}

const pixel = (
  values: readonly number[],
  [, , height = 0, width = 0]: readonly number[],
  channel: number,
  [y, x]: readonly [number, number],
): number | undefined =>
  y < 0 || y >= height || x < 0 || x >= width ? undefined : values[(channel * height + y) * width + x];

/** ONNX Conv, written out in floats. */
export function convolution(
  values: readonly number[],
  shape: readonly number[],
  weights: readonly number[],
  [filters = 0, channels = 0, ...kernel]: readonly number[],
  given: Partial<Windows> & { readonly bias?: readonly number[]; readonly groups: number },
): Image {
  const [rows = 0, columns = 0] = kernel;
  const { height, width, at } = outputOf(shape, kernel, given);
  const data: number[] = [];
  for (let filter = 0; filter < filters; filter += 1)
    for (let top = 0; top < height; top += 1)
      for (let left = 0; left < width; left += 1) {
        let sum = given.bias?.[filter] ?? 0;
        const first = Math.floor((filter * given.groups) / filters) * channels;
        for (let channel = 0; channel < channels; channel += 1)
          for (let row = 0; row < rows; row += 1)
            for (let column = 0; column < columns; column += 1) {
              const weight =
                weights[((filter * channels + channel) * rows + row) * columns + column] ?? Number.NaN;
              sum += weight * (pixel(values, shape, first + channel, at(top, left, row, column)) ?? 0);
            }
        data.push(sum);
      }
  return { shape: [1, filters, height, width], data };
}

/** ONNX AveragePool, written out in floats. */
export function mean(
  values: readonly number[],
  shape: readonly number[],
  kernel: readonly [number, number],
  given: Partial<Windows> & { readonly isPaddingCounted?: boolean },
): Image {
  const { height, width, at } = outputOf(shape, kernel, given);
  const data: number[] = [];
  for (let channel = 0; channel < (shape[1] ?? 0); channel += 1)
    for (let top = 0; top < height; top += 1)
      for (let left = 0; left < width; left += 1) {
        const found: number[] = [];
        for (let row = 0; row < kernel[0]; row += 1)
          for (let column = 0; column < kernel[1]; column += 1) {
            const value = pixel(values, shape, channel, at(top, left, row, column));
            if (value !== undefined) found.push(value);
          }
        const count = given.isPaddingCounted === true ? kernel[0] * kernel[1] : found.length;
        data.push(found.reduce((all, value) => all + value, 0) / count);
      }
  return { shape: [1, shape[1] ?? 0, height, width], data };
}
