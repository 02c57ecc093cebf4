import { describe, expect, it } from '@jest/globals';
import type { HttpRequest } from '@touchstone/platform/http';
import { ADDED_MODEL_BYTES_MAX } from '../../domain/model/added-model.js';
import { ADDED_FORM_BYTES_MAX, readModelForm } from './read-model-form.js';

async function formOf(modelBytes: number) {
  const form = new FormData();
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
});
