import { describe, expect, it } from '@jest/globals';
import type { HttpRequest } from '@touchstone/platform/http';
import { ADDED_MODEL_BYTES_MAX } from '../../domain/model/added-model.js';
import { INPUT_FILE_BYTES_MAX } from '../../domain/model/added-preprocess.js';
import { TOKENIZER_BYTES_MAX } from '../../domain/request/read-preprocessing.js';
import { ADDED_FORM_BYTES_MAX, readModelForm } from './read-model-form.js';

async function formOf(modelBytes: number, parts: Record<string, number> = {}) {
  const form = new FormData();
  for (const [name, bytes] of Object.entries(parts)) form.set(name, new Blob([new Uint8Array(bytes)]), name);
  form.set('manifest', '{"name":"a","priceAtomic":"0"}');
  form.set('model', new Blob([new Uint8Array(modelBytes)]), 'model.onnx');
  const encoded = new Response(form);
  const headers = { 'content-type': encoded.headers.get('content-type') };
  return {
    request: { headers } as unknown as HttpRequest,
    body: new Uint8Array(await encoded.arrayBuffer()),
  };
}

describe('a form with a model', () => {
  it('is read up to ADDED_MODEL_BYTES_MAX, which fit into ADDED_FORM_BYTES_MAX, not one byte more', async () => {
    const largest = await formOf(ADDED_MODEL_BYTES_MAX);
    expect(largest.body.length).toBeLessThan(ADDED_FORM_BYTES_MAX);
    expect((await readModelForm(largest.request, largest.body)).bytes).toHaveLength(ADDED_MODEL_BYTES_MAX);
    const larger = await formOf(ADDED_MODEL_BYTES_MAX + 1);
    await expect(readModelForm(larger.request, larger.body)).rejects.toMatchObject({
      code: 'body-too-large',
    });
  });

  it('may have an image.json, or a text-input.json with its tokenizer.json, and nothing else', async () => {
    const read = async (parts: Record<string, number>) => {
      const { request, body } = await formOf(1, parts);
      return (await readModelForm(request, body)).preprocess;
    };
    expect(await read({})).toBeUndefined();
    expect(await read({ 'image.json': 2 })).toMatchObject({ type: 'image', file: { length: 2 } });
    expect(await read({ 'text-input.json': 2, 'tokenizer.json': 3 })).toMatchObject({
      ...{ type: 'tokenizer', file: { length: 2 }, tokenizer: { length: 3 } },
    });
    for (const parts of [
      { 'text-input.json': 2 },
      { 'tokenizer.json': 2 },
      { 'image.json': 2, 'tokenizer.json': 2 },
      { 'image.json': 2, 'text-input.json': 2, 'tokenizer.json': 2 },
      { 'features.json': 2 },
    ])
      await expect(read(parts)).rejects.toMatchObject({ code: 'validation-failed' });
  });

  it.each([
    ['image.json', 'INPUT_FILE_BYTES_MAX', INPUT_FILE_BYTES_MAX, {}],
    ['text-input.json', 'INPUT_FILE_BYTES_MAX', INPUT_FILE_BYTES_MAX, { 'tokenizer.json': 1 }],
    ['tokenizer.json', 'TOKENIZER_BYTES_MAX', TOKENIZER_BYTES_MAX, { 'text-input.json': 1 }],
  ])('has %s of up to %s, not one byte more', async (name, _limit, bytesMax, besides) => {
    const read = async (bytes: number) => {
      const { request, body } = await formOf(1, { ...besides, [name]: bytes });
      return readModelForm(request, body);
    };
    expect((await read(bytesMax)).preprocess).toBeDefined();
    await expect(read(bytesMax + 1)).rejects.toMatchObject({ code: 'body-too-large' });
  });
});
