import { describe, expect, it } from '@jest/globals';
import type { ModelDatatype } from '@touchstone/contracts';
import { encodeTensor } from '@touchstone/evidence';
import { bodyBytesMaxOf, type BodyShape } from './body-limit.js';
import { INFER_BODY_BYTES_CEILING, INFER_BODY_BYTES_MAX } from './request-limits.js';

const model = (
  ...inputs: readonly (readonly [ModelDatatype, readonly number[] | undefined])[]
): BodyShape => ({
  manifest: {
    inputs: inputs.map(([datatype, shape], index) => ({
      name: `x${index}`,
      datatype,
      ...(shape && { shape: [...shape] }),
    })),
  },
  preprocessing: undefined,
});

describe('bodyBytesMaxOf', () => {
  it.each([
    ['small inputs get the limit of all', model(['FP32', [1, 64]]), INFER_BODY_BYTES_MAX],
    ['a picture of floats gets room for each', model(['FP32', [1, 3, 640, 640]]), 29_562_508],
    ['bytes need less', model(['UINT8', [1, 3, 640, 640]]), 4_986_508],
    ['inputs are added', model(['INT8', [1, 1_000_000]], ['BOOL', [1, 1_000_000]]), 11_065_542],
    ['an open size counts 1,024', model(['FP32', [-1, 64]]), 1_641_472],
    ['open sizes in a row end at the ceiling', model(['FP32', [-1, 3, -1, -1]]), INFER_BODY_BYTES_CEILING],
    ['no shape at all is the ceiling', model(['BOOL', undefined]), INFER_BODY_BYTES_CEILING],
    ['nothing is above the ceiling', model(['FP64', [1, 4_000_000]]), INFER_BODY_BYTES_CEILING],
  ])('%s', (_what, shape, expected) => {
    expect(bodyBytesMaxOf(shape)).toBe(expected);
  });

  it('gives a preprocessing its own room, below the ceiling', () => {
    const preprocessing = (bodyBytesMax: number) => ({ bodyBytesMax }) as BodyShape['preprocessing'];
    expect(bodyBytesMaxOf({ ...model(['FP32', [1]]), preprocessing: preprocessing(3_000_000) })).toBe(
      3_000_000,
    );
    expect(bodyBytesMaxOf({ ...model(['FP32', [1]]), preprocessing: preprocessing(1e9) })).toBe(
      INFER_BODY_BYTES_CEILING,
    );
  });

  it.each<[ModelDatatype, unknown]>([
    ['BOOL', false],
    ['INT8', -128],
    ['UINT8', 255],
    ['INT16', -32_768],
    ['UINT16', 65_535],
    ['INT32', -2_147_483_648],
    ['UINT32', 4_294_967_295],
    ['INT64', '-9223372036854775808'],
    ['UINT64', '18446744073709551615'],
    ['FP16', -0.00006103515625],
    ['FP32', -1.1754943508222875e-38],
    ['FP64', -2.2250738585072014e-308],
  ])('has room for the longest number of %s in every element, nested or not', (datatype, value) => {
    const shape = [50_000, 2, 1];
    const nested = Array.from({ length: 50_000 }, () => [[value], [value]]);
    const flat = nested.flat(2);
    for (const data of [nested, flat]) {
      const tensor = { name: 'x0', datatype, shape, data };
      expect(encodeTensor(tensor).ok).toBe(true);
      const body = JSON.stringify({ inputs: [tensor] });
      const bytesMax = bodyBytesMaxOf(model([datatype, shape]));
      expect(body.length).toBeLessThanOrEqual(bytesMax);
    }
  });
});
