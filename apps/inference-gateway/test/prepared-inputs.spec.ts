import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeTensor, tensorsHash } from '@touchstone/evidence';
import type { InferAnswer } from '@touchstone/contracts/http/inference-gateway';
import sharp from 'sharp';
import { GatewayFixture, infer, type Gateway } from './support/gateway-fixture.js';
import { connect, digitsMessage } from './support/grpc-requests.js';
import { add, answer, operator, retire, TOKEN } from './support/operator-requests.js';
import {
  boundModel,
  imageInput,
  jsonFile,
  mirror,
  textInput,
  textMirror,
  wordPiece,
} from './support/prepared-models.js';

let fixture: GatewayFixture;
let first: Gateway;
let second: Gateway;
/** Four by three pixels, and their samples. */
let picture: string;
let samples: number[];

beforeAll(async () => {
  fixture = await GatewayFixture.create();
  first = await fixture.start(operator);
  second = await fixture.start(operator);
  samples = Array.from({ length: 36 }, (_, at) => (at * 97) % 256);
  const raw = { width: 4, height: 3, channels: 3 as const };
  picture = (await sharp(Buffer.from(samples), { raw }).png().toBuffer()).toString('base64');
}, 60_000);

afterAll(() => fixture?.close());

const send = (name: string, model: Uint8Array, parts: Record<string, Uint8Array>) =>
  add(first, { name, priceAtomic: '0' }, model, TOKEN, parts);
const pictures = mirror([{ name: 'x', shape: [1, 3, 3, 4] }]);

function addPictures(name: string, change: Record<string, unknown> = {}, model = pictures) {
  const file = jsonFile(imageInput(change));
  return send(name, boundModel(model, file), { 'image.json': file.bytes });
}

function addTexts(name: string, change: Record<string, unknown> = {}, tokenizer = wordPiece()) {
  const file = jsonFile(textInput(tokenizer, change));
  const parts = { 'text-input.json': file.bytes, 'tokenizer.json': tokenizer.bytes };
  return send(name, boundModel(textMirror(), file), parts);
}

const ask = (gateway: Gateway, id: string, body: unknown) => answer(infer(gateway, id, body));
const planes = (values: readonly number[]) =>
  [0, 1, 2].flatMap((channel) => values.filter((_, at) => at % 3 === channel));

describe('a model that takes pictures', () => {
  it('gets what its image.json makes of one, on every replica, and its answer is signed over that', async () => {
    const added = await addPictures('pictures', { scale: 0.5, mean: [1, 2, 3], std: [2, 2, 4] });
    expect(added).toMatchObject({ status: 201, body: { preprocess: { type: 'image', file: 'image.json' } } });
    const elements = planes(samples).map((value, at) => {
      const channel = Math.floor(at / 12);
      return Math.fround((value * 0.5 - ([1, 2, 3][channel] as number)) / ([2, 2, 4][channel] as number));
    });
    const tensor = encodeTensor({ name: 'x', datatype: 'FP32', shape: [1, 3, 3, 4], data: elements });
    if (!tensor.ok) throw new Error(tensor.error.detail);
    const hash = tensorsHash([tensor.value]);
    for (const gateway of [first, second]) {
      const response = await infer(gateway, 'pictures', { image: picture });
      const { outputs, proof } = (await response.json()) as InferAnswer;
      expect(outputs[0]).toMatchObject({ shape: [1, 3, 3, 4], data: elements });
      expect(proof.inputHash).toBe(hash.ok && hash.value);
      expect(fixture.signer.verifies(proof)).toBe(true);
    }
    const seed = await first.post('/infer/pictures', { inputs: { image: picture } });
    expect(await seed.json()).toMatchObject({ success: true, inference: { outputs: elements } });
    const asked = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 3, 3, 4], data: elements }] };
    expect(await ask(first, 'pictures', asked)).toMatchObject({ status: 200 });
  }, 30_000);

  it('takes the same picture over gRPC', async () => {
    await addPictures(
      'pictures-grpc',
      { datatype: 'UINT8' },
      mirror([{ name: 'x', type: 'UINT8', shape: [1, 3, 3, 4] }]),
    );
    const client = connect(first);
    const message = { modelId: 'pictures-grpc', image: Buffer.from(picture, 'base64') };
    const { outputs } = await client.call('Infer', message);
    expect(outputs).toMatchObject([{ contents: { uintContents: planes(samples) } }]);
    const refused = await client.refusal('Infer', { ...message, image: Buffer.from('no picture') });
    expect(refused).toMatchObject({ info: { reason: 'image-invalid' } });
    client.close();
  });

  it('is there after a restart and after it was retired, with its files', async () => {
    await addPictures('pictures-kept');
    await retire(first, 'pictures-kept');
    expect(await ask(first, 'pictures-kept', { image: picture })).toMatchObject({ status: 409 });
    expect(await addPictures('pictures-kept')).toMatchObject({ status: 200, body: { status: 'active' } });
    const third = await fixture.start(operator);
    expect(await ask(third, 'pictures-kept', { image: picture })).toMatchObject({
      status: 200,
      body: { outputs: [{ data: planes(samples) }] },
    });
    await third.stop();
  });

  it('says what is wrong with a picture, and with a request that has two things in it', async () => {
    await addPictures('pictures-refused');
    const refused = await ask(first, 'pictures-refused', { image: Buffer.from('GIF89a').toString('base64') });
    expect(refused).toMatchObject({
      status: 422,
      body: { code: 'image-invalid', errors: [{ pointer: '/image', detail: 'unreadable' }] },
    });
    const invalid = { status: 422, body: { code: 'validation-failed' } };
    expect(await ask(first, 'pictures-refused', { image: picture, text: 'a' })).toMatchObject(invalid);
    expect(await ask(first, 'pictures-refused', { text: 'a' })).toMatchObject({
      ...invalid,
      body: { detail: expect.stringContaining('takes no text') },
    });
    expect(await ask(first, 'digits', { image: picture })).toMatchObject({
      ...invalid,
      body: { errors: [{ pointer: '/image' }] },
    });
  });
});

describe('a model that takes texts by a tokenizer', () => {
  const shown = ({ body }: Awaited<ReturnType<typeof ask>>) => body.outputs.map(({ data }) => data);

  it('gets ids, mask and types, cut and filled up as text-input.json says, on every replica', async () => {
    expect(await addTexts('texts')).toMatchObject({
      status: 201,
      body: { preprocess: { type: 'tokenizer' } },
    });
    for (const gateway of [first, second])
      expect(shown(await ask(gateway, 'texts', { text: 'The banks rose' }))).toEqual([
        [2, 4, 5, 8, 9, 3, 0, 0],
        [1, 1, 1, 1, 1, 1, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0],
      ]);
    expect(shown(await ask(first, 'texts', { text: 'a a a a a a a a a bank' }))[0]).toEqual([
      ...[2, 12, 12, 12, 12, 12, 12, 3],
    ]);
  }, 30_000);

  it('may be asked with as many as there are, refuse longer ones, and leave special tokens out', async () => {
    await addTexts('texts-open', { maxTokens: 4, truncation: 'none', padding: null, specialTokens: false });
    expect(shown(await ask(first, 'texts-open', { text: 'profit, loss' }))).toEqual([
      [6, 14, 7],
      [1, 1, 1],
      [0, 0, 0],
    ]);
    for (const [text, reason] of [
      ['a a a a a', 'too-many-tokens'],
      ['  ', 'no-tokens'],
    ])
      expect(await ask(first, 'texts-open', { text })).toMatchObject({
        status: 422,
        body: { code: 'text-invalid', errors: [{ pointer: '/text', detail: reason }] },
      });
  });

  it('may cut and fill up on the left', async () => {
    const padding = { side: 'left', id: 1, typeId: 3 };
    await addTexts('texts-left', { maxTokens: 4, truncation: 'left', padding });
    expect(shown(await ask(first, 'texts-left', { text: 'bank profit loss' }))[0]).toEqual([2, 6, 7, 3]);
    expect(shown(await ask(first, 'texts-left', { text: 'bank' }))).toEqual([
      [1, 2, 5, 3],
      [0, 1, 1, 1],
      [3, 0, 0, 0],
    ]);
  });

  it('answers others while a tokenizer hangs, whose text is given up', async () => {
    // Backtracks for ever on a long word that ends otherwise.
    const hanging = wordPiece({
      pre_tokenizer: { type: 'Split', pattern: { Regex: '(a+)+$' }, behavior: 'Isolated', invert: false },
    });
    expect(await addTexts('texts-hang', {}, hanging)).toMatchObject({ status: 201 });
    await addTexts('texts-fine');
    const hung = ask(first, 'texts-hang', { text: `${'a'.repeat(40)}!` });
    expect(await ask(first, 'texts-fine', { text: 'loss' })).toMatchObject({ status: 200 });
    expect(await hung).toMatchObject({ status: 504, body: { code: 'timeout' } });
    expect(await ask(first, 'texts-hang', { text: 'loss' })).toMatchObject({ status: 200 });
  }, 30_000);
});

describe('an answer', () => {
  it('is shown as what the model is for, beside the outputs that are signed', async () => {
    const vector = mirror([{ name: 'x', shape: [1, 4] }]);
    await add(first, { name: 'embedding', priceAtomic: '0', outputType: 'embedding' }, vector);
    expect(await answer(fetch(`${second.url}/v1/models/embedding`))).toMatchObject({
      body: { inputType: 'tensor', outputType: 'embedding' },
    });
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }];
    expect(await ask(second, 'embedding', { inputs })).toMatchObject({
      body: { presentation: { outputType: 'embedding', dimension: 4 }, outputs: [{ data: [1, 2, 3, 4] }] },
    });
    const client = connect(first);
    const { presentation } = await client.call('Infer', digitsMessage);
    expect(presentation).toMatchObject({ outputType: 'classification', labels: { length: 5 } });
    expect(await client.call('GetModel', { modelId: 'crypto-sentiment-v2' })).toMatchObject({
      model: { inputType: 'text', outputType: 'classification' },
    });
    client.close();
    expect(await add(first, { name: 'wrong', outputType: 'regression' }, vector)).toMatchObject({
      status: 422,
      body: { code: 'model-invalid' },
    });
  });
});

describe('files about inputs that are refused', () => {
  const image = jsonFile(imageInput());
  const tokenizer = wordPiece();
  const text = jsonFile(textInput(tokenizer));
  const invalid = (detail: string) => ({
    status: 422,
    body: { code: 'model-invalid', detail: expect.stringContaining(detail) },
  });

  it('are not named by the ONNX file, which is told how to', async () => {
    const parts = { 'image.json': image.bytes };
    const cure = `onnx.helper.set_model_props(model, {"touchstone.preprocess.sha256": "${image.sha256}"})`;
    expect(await send('unbound', pictures, parts)).toMatchObject(invalid(cure));
    expect(await send('unbound', boundModel(pictures, text), parts)).toMatchObject(invalid(text.sha256));
  });

  it('do not fit the model, or their schema', async () => {
    expect(await addPictures('unfit', { width: 5 })).toMatchObject(invalid('of shape [1,3,3,5]'));
    expect(await addPictures('unfit', { format: 'touchstone-image-input-v2' })).toMatchObject(
      invalid('does not fit its schema'),
    );
    expect(await addTexts('unfit', { inputs: { ids: 'input_ids' } })).toMatchObject(invalid('"input_ids"'));
    expect(await addTexts('unfit', { maxTokens: 2 })).toMatchObject(invalid('leave no room'));
  });

  it('are another tokenizer than the one that is named, or none', async () => {
    const model = boundModel(textMirror(), text);
    const other = wordPiece({ version: '1.1' });
    const parts = { 'text-input.json': text.bytes, 'tokenizer.json': other.bytes };
    expect(await send('other', model, parts)).toMatchObject(invalid(other.sha256));
    expect(await addTexts('other', {}, jsonFile({ model: { type: 'Magic' } }))).toMatchObject(
      invalid('The tokenizer cannot be loaded'),
    );
  });

  it('stand in another form than for pictures or for texts', async () => {
    for (const parts of [
      { 'tokenizer.json': tokenizer.bytes },
      { 'text-input.json': text.bytes },
      { 'image.json': image.bytes, 'text-input.json': text.bytes, 'tokenizer.json': tokenizer.bytes },
    ])
      expect(await send('form', pictures, parts)).toMatchObject({
        status: 422,
        body: { code: 'validation-failed' },
      });
  });

  it('are others than those that a model of the same name has', async () => {
    const open = mirror([{ name: 'x', shape: [1, 3, 'height', 'width'] }]);
    expect(await addPictures('same', {}, open)).toMatchObject({ status: 201 });
    const file = jsonFile(imageInput());
    // The same ONNX file, without what it names: tensors are taken, and it would be another way to ask.
    expect(await send('same', boundModel(open, file), {})).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('preprocess') },
    });
  });
});
