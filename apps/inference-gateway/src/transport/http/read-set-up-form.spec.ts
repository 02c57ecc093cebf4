import { describe, expect, it } from '@jest/globals';
import type { HttpRequest } from '@touchstone/platform/http';
import { readSetUpForm, SET_UP_MODEL_BYTES_MAX, SET_UP_OPTIONS_BYTES_MAX } from './read-set-up-form.js';

async function formOf(parts: Readonly<Record<string, Uint8Array>>) {
  const form = new FormData();
  for (const [name, bytes] of Object.entries(parts))
    form.set(name, new Blob([bytes as Uint8Array<ArrayBuffer>]), name);
  const response = new Response(form);
  const headers = { 'content-type': response.headers.get('content-type') };
  return readSetUpForm({ headers } as unknown as HttpRequest, new Uint8Array(await response.arrayBuffer()));
}

const manifest = new TextEncoder().encode(
  JSON.stringify({
    ...{ name: 'digits', version: '1.0.0', developer: 'tests', powers: 'powers.ptau', parties: ['one'] },
    beacon: { network: 'eip155:84532', inBlocks: 20 },
  }),
);

describe('a form of a set-up', () => {
  it('has a model of SET_UP_MODEL_BYTES_MAX, and none that is larger', async () => {
    const model = new Uint8Array(SET_UP_MODEL_BYTES_MAX);
    expect((await formOf({ manifest, model })).model).toHaveLength(SET_UP_MODEL_BYTES_MAX);
    await expect(
      formOf({ manifest, model: new Uint8Array(SET_UP_MODEL_BYTES_MAX + 1) }),
    ).rejects.toMatchObject({
      code: 'body-too-large',
      message: `The model has ${SET_UP_MODEL_BYTES_MAX + 1} bytes, at most ${SET_UP_MODEL_BYTES_MAX} are taken here.`,
    });
  });

  it('has options of at most SET_UP_OPTIONS_BYTES_MAX', async () => {
    const model = new Uint8Array(1);
    const refusal = async (bytes: number) =>
      formOf({ manifest, model, options: new Uint8Array(bytes).fill(32) }).catch(({ code }) => code);
    // White space alone is no JSON; it is read up to the limit.
    expect(await refusal(SET_UP_OPTIONS_BYTES_MAX)).toBe('malformed-json');
    expect(await refusal(SET_UP_OPTIONS_BYTES_MAX + 1)).toBe('body-too-large');
  });
});
