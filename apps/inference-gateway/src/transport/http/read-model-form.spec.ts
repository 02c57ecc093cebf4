import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { HttpRequest } from '@touchstone/platform/http';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { INPUT_FILE_BYTES_MAX } from '../../domain/model/added-preprocess.js';
import { FILE_PIECE_BYTES } from '../../domain/model/model-files.js';
import { TOKENIZER_BYTES_MAX } from '../../domain/request/read-preprocessing.js';
import { ADDED_FORM_BESIDES_BYTES_MAX, withModelForm } from './read-model-form.js';

const MODEL_BYTES = 2 * FILE_PIECE_BYTES + 1;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'touchstone-forms-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function formOf(model: Uint8Array, parts: Record<string, number> = {}) {
  const form = new FormData();
  for (const [name, bytes] of Object.entries(parts)) form.set(name, new Blob([new Uint8Array(bytes)]), name);
  form.set('manifest', '{"name":"a","priceAtomic":"0"}');
  form.set('model', new Blob([model as Uint8Array<ArrayBuffer>]), 'model.onnx');
  const encoded = new Response(form);
  const headers = { 'content-type': encoded.headers.get('content-type') };
  return { headers, body: Buffer.from(await encoded.arrayBuffer()) };
}

/** A request whose body comes in chunks, and perhaps never ends. */
function requestOf(headers: object, body: Buffer, isWhole = true): HttpRequest {
  const chunks = Array.from({ length: Math.ceil(body.length / 65_536) }, (_, at) =>
    body.subarray(at * 65_536, (at + 1) * 65_536),
  );
  const request = isWhole ? Readable.from(chunks) : new Readable({ read: () => undefined });
  if (!isWhole) for (const chunk of chunks) request.push(chunk);
  const made = Object.assign(request, { headers, complete: false });
  made.on('end', () => (made.complete = true));
  return made as unknown as HttpRequest;
}

const place = () => ({ folder, modelBytesMax: MODEL_BYTES });
async function received(model: Uint8Array, parts: Record<string, number> = {}) {
  const { headers, body } = await formOf(model, parts);
  return withModelForm(requestOf(headers, body), place(), async ({ file, preprocess }) => {
    const pieces: Uint8Array[] = [];
    for await (const piece of file.pieces()) pieces.push(Uint8Array.from(piece));
    return { file, preprocess, pieces, read: readFileSync(file.path) };
  });
}

describe('a form with a model', () => {
  it('is received up to the largest model that is taken, not one byte more; its file is on the disk and then gone', async () => {
    const model = new Uint8Array(MODEL_BYTES).map((_, at) => at % 251);
    const { file, pieces, read } = await received(model);
    expect(pieces.map(({ length }) => length)).toEqual([FILE_PIECE_BYTES, FILE_PIECE_BYTES, 1]);
    expect([read.equals(model), Buffer.concat(pieces).equals(model)]).toEqual([true, true]);
    expect(file).toMatchObject({
      sizeBytes: MODEL_BYTES,
      sha256: createHash('sha256').update(model).digest('hex'),
      sha3: createHash('sha3-256').update(model).digest('hex'),
    });
    expect(() => readFileSync(file.path)).toThrow();
    await expect(received(new Uint8Array(MODEL_BYTES + 1))).rejects.toMatchObject({ code: 'body-too-large' });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is refused by its declared length alone beyond the model and ADDED_FORM_BESIDES_BYTES_MAX', async () => {
    const { headers, body } = await formOf(new Uint8Array(1));
    const declared = (bytes: number) =>
      withModelForm(
        requestOf({ ...headers, 'content-length': String(bytes) }, body),
        place(),
        async () => 'taken',
      );
    const largest = MODEL_BYTES + ADDED_FORM_BESIDES_BYTES_MAX;
    expect(await declared(largest)).toBe('taken');
    await expect(declared(largest + 1)).rejects.toMatchObject({ code: 'body-too-large' });
  });

  it.each([0.3, 0.999])(
    'whose caller goes away after %d of it leaves nothing on the disk',
    async (share) => {
      const { headers, body } = await formOf(new Uint8Array(MODEL_BYTES));
      const request = requestOf(headers, body.subarray(0, Math.floor(share * body.length)), false);
      const outcome = withModelForm(request, place(), async () => 'taken');
      setTimeout(() => request.destroy(), 100);
      await expect(outcome).rejects.toMatchObject({ code: 'timeout' });
      expect(readdirSync(folder)).toEqual([]);
    },
    10_000,
  );

  it('whose folder cannot be written to is refused', async () => {
    const { headers, body } = await formOf(new Uint8Array(1));
    const nowhere = { folder: join(folder, 'nowhere'), modelBytesMax: 1 };
    await expect(withModelForm(requestOf(headers, body), nowhere, async () => 'taken')).rejects.toMatchObject(
      { code: 'ENOENT' },
    );
  });

  it('may have an image.json, or a text-input.json with its tokenizer.json, and nothing else', async () => {
    const read = async (parts: Record<string, number>) =>
      (await received(Uint8Array.of(1), parts)).preprocess;
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
    const read = (bytes: number) => received(Uint8Array.of(1), { ...besides, [name]: bytes });
    expect((await read(bytesMax)).preprocess).toBeDefined();
    await expect(read(bytesMax + 1)).rejects.toMatchObject({ code: 'body-too-large' });
  });
});
