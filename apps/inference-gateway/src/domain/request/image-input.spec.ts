import { describe, expect, it } from '@jest/globals';
import type { TensorSpec } from '@touchstone/contracts';
import {
  IMAGE_BASE64_CHARACTERS_MAX,
  IMAGE_FILE_BYTES_MAX,
  inferRequest,
} from '@touchstone/contracts/http/inference-gateway';
import { imageInput } from '../../../test/support/prepared-models.js';
import { IMAGE_INPUT_SIDE_MAX, ImageInput } from './image-input.js';
import type { Preparers } from './preparers.js';

const input = (spec: Partial<TensorSpec> = {}): TensorSpec => ({
  ...{ name: 'x', datatype: 'FP32', shape: [1, 3, 3, 4], ...spec },
});

/** What a file asks the process of pictures for. */
async function asked(change: Record<string, unknown>) {
  const calls: Parameters<Preparers['image']>[] = [];
  const preparers: Preparers = {
    image: (...call) => {
      calls.push(call);
      return Promise.resolve('AAAA');
    },
    tokens: () => Promise.reject(new Error('no text')),
  };
  const tensors = await ImageInput.fromFile(imageInput(change)).prepare(
    { image: 'cGljdHVyZQ==' },
    [input()],
    preparers,
  );
  const [image, plan, tables] = calls[0] as Parameters<Preparers['image']>;
  return { image, plan, tables, tensors };
}

describe('an image.json', () => {
  it('says which element each value of a channel becomes, rounded once', async () => {
    const change = { scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
    const { image, plan, tables, tensors } = await asked(change);
    expect(image).toBe('cGljdHVyZQ==');
    expect(plan).toMatchObject({ width: 4, height: 3, elementBytes: 4, layout: 'nchw' });
    for (const [channel, table] of tables.entries())
      expect([...new Float32Array(table.slice().buffer)]).toEqual(
        Array.from({ length: 256 }, (_, value) => {
          const { scale, mean, std } = change;
          return Math.fround((value * scale - (mean[channel] as number)) / (std[channel] as number));
        }),
      );
    expect(tensors).toEqual([{ name: 'x', datatype: 'FP32', shape: [1, 3, 3, 4], data: 'AAAA' }]);
  });

  it('may ask for whole numbers and halves, where its values are some', async () => {
    const { tables } = await asked({ datatype: 'UINT8' });
    expect([...(tables[2] ?? [])]).toEqual(Array.from({ length: 256 }, (_, value) => value));
    const halves = await asked({ datatype: 'FP16', scale: 0.5 });
    expect(new DataView((halves.tables[0] as Uint8Array).slice().buffer).getUint16(2, true)).toBe(0x3800);
    expect(halves.plan.elementBytes).toBe(2);
  });

  it.each([
    ['another format', { format: 'touchstone-image-input-v2' }],
    ['a member that nobody reads', { rotate: 90 }],
    ['no size', { width: 0 }],
    ['a filter that is not defined', { filter: 'lanczos' }],
    ['two colours of a fill', { fill: [0, 0] }],
    ['a fill that is none', { fill: [0, 0, 256] }],
    ['means of another number than channels', { mean: [0] }],
    ['three deviations of grey', { colour: 'grey', mean: [0] }],
    ['a deviation of 0', { std: [1, 0, 1] }],
    ['whole numbers that are none', { datatype: 'UINT8', scale: 0.5 }],
    ['halves that are infinite', { datatype: 'FP16', scale: 1_000 }],
  ])('with %s is refused', (_name, change) => {
    expect(() => ImageInput.fromFile(imageInput(change))).toThrow(
      expect.objectContaining({ code: 'model-invalid' }),
    );
  });

  it('has sides of up to IMAGE_INPUT_SIDE_MAX, not one pixel more', () => {
    for (const side of ['width', 'height']) {
      expect(ImageInput.fromFile(imageInput({ [side]: IMAGE_INPUT_SIDE_MAX })).takes).toBe('image');
      expect(() => ImageInput.fromFile(imageInput({ [side]: IMAGE_INPUT_SIDE_MAX + 1 }))).toThrow();
    }
  });

  it('fits one input of its shape and datatype, open sizes included', () => {
    const fits = (change: Record<string, unknown>, ...inputs: TensorSpec[]) =>
      ImageInput.fromFile(imageInput(change)).fits(inputs);
    expect(fits({}, input())).toBe(true);
    expect(fits({}, input({ shape: [-1, 3, -1, -1] }))).toBe(true);
    expect(fits({}, input({ shape: undefined }))).toBe(true);
    expect(fits({ layout: 'nhwc' }, input({ shape: [1, 3, 4, 3] }))).toBe(true);
    expect(fits({ colour: 'grey', mean: [0], std: [1] }, input({ shape: [1, 1, 3, 4] }))).toBe(true);
    expect(fits({}, input({ shape: [1, 3, 4, 3] }))).toBe(false);
    expect(fits({}, input({ shape: [3, 3, 4] }))).toBe(false);
    expect(fits({}, input({ datatype: 'FP16' }))).toBe(false);
    expect(fits({}, input(), input({ name: 'y' }))).toBe(false);
  });
});

describe('a request with a picture', () => {
  it('has up to IMAGE_BASE64_CHARACTERS_MAX characters, which are IMAGE_FILE_BYTES_MAX bytes', () => {
    const takes = (characters: number) => inferRequest.safeParse({ image: 'A'.repeat(characters) }).success;
    expect([IMAGE_BASE64_CHARACTERS_MAX, IMAGE_BASE64_CHARACTERS_MAX + 1].map(takes)).toEqual([true, false]);
    const characters = (bytes: number) => Math.ceil(bytes / 3) * 4;
    expect(characters(IMAGE_FILE_BYTES_MAX)).toBe(IMAGE_BASE64_CHARACTERS_MAX);
    expect(characters(IMAGE_FILE_BYTES_MAX + 2)).toBeGreaterThan(IMAGE_BASE64_CHARACTERS_MAX);
    expect(inferRequest.safeParse({ image: '' }).success).toBe(false);
    const { bodyBytesMax } = ImageInput.fromFile(imageInput());
    expect(bodyBytesMax).toBeGreaterThan(
      JSON.stringify({ image: 'A'.repeat(IMAGE_BASE64_CHARACTERS_MAX) }).length,
    );
  });
});
