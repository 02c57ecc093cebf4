import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { field, join, onnxTensor, waitUntil } from '@touchstone/testing';
import { INPUT_ELEMENTS_MAX } from '../src/domain/request/request-limits.js';
import { GatewayFixture, infer, type Gateway } from './support/gateway-fixture.js';
import { ADDED_FORM_BESIDES_BYTES_MAX } from '../src/transport/http/read-model-form.js';
import { UPLOADS_MAX } from '../src/transport/http/upload-limit.interceptor.js';
import {
  add,
  answer,
  ask,
  beginForm,
  classifier,
  formOf,
  graph,
  LOWERED_MODEL_BYTES,
  operator,
  postForm,
  TOKEN,
} from './support/operator-requests.js';

const FORM_BYTES = LOWERED_MODEL_BYTES + ADDED_FORM_BESIDES_BYTES_MAX;

let fixture: GatewayFixture;
let first: Gateway;

beforeAll(async () => {
  fixture = await GatewayFixture.create();
  first = await fixture.start({
    ...operator,
    TOUCHSTONE_INFERENCE_TIMEOUT_MS: '3000',
    TOUCHSTONE_MODEL_MAX_BYTES: String(LOWERED_MODEL_BYTES),
  });
  await add(first, { name: 'linear' });
}, 60_000);

afterAll(() => fixture?.close());

/** Scores as skl2onnx exports them unless told otherwise, in the words of onnx.proto. */
const scores = field(1, join(field(1, 1), field(2, join(field(1, field(1, 1)), field(1, field(1, 1))))));
const labels = field(5, join(field(1, 'classlabels_int64s'), field(8, 0), field(20, 7)));
const mapOfScores = field(5, join(field(1, 7), field(2, field(1, field(1, 1)))));
const zipMap = join(
  field(1, 8),
  field(8, join(field(1, ''), field(2, 17))),
  field(8, join(field(1, 'ai.onnx.ml'), field(2, 1))),
  field(
    7,
    join(
      field(1, join(field(1, 'x'), field(2, 'y'), field(4, 'ZipMap'), labels, field(7, 'ai.onnx.ml'))),
      field(2, 'test'),
      field(11, join(field(1, 'x'), field(2, scores))),
      field(12, join(field(1, 'y'), field(2, field(4, field(1, mapOfScores))))),
    ),
  ),
);

describe('uploads that come together', () => {
  it('are UPLOADS_MAX at once; one more is told when to come again, before its body is read', async () => {
    const held = Array.from({ length: UPLOADS_MAX }, () => beginForm(first));
    const refused = await waitUntil(async () => {
      const later = await postForm(first, { 'content-length': '1000' }, undefined, 500).catch(
        () => undefined,
      );
      return later?.status === 503 && later;
    });
    expect(refused).toMatchObject({ body: { code: 'queue-full' }, headers: { 'retry-after': '5' } });
    const [last, ...others] = held;
    for (const begun of others) begun.destroy();
    await waitUntil(async () => (await add(first, { name: 'linear' })).status === 200);
    last?.destroy();
  });
});

describe('what is refused', () => {
  it.each([
    ['a path as a name', { name: '../../etc' }],
    ['a name with a terminal’s control characters', { name: '\u001b[2J' }],
    ['a name of 65 characters', { name: 'n'.repeat(65) }],
    ['a negative price', { name: 'x', priceAtomic: '-1' }],
    ['a price with a point', { name: 'x', priceAtomic: '0.01' }],
    ['a price above the limit', { name: 'x', priceAtomic: '1000000000001' }],
    ['a price as a number', { name: 'x', priceAtomic: 10 }],
    ['a description with control characters', { name: 'x', description: 'a\u0007b' }],
    ['a description that turns the direction of writing', { name: 'x', description: 'a\u202eb' }],
    ['a description of two lines, by a separator', { name: 'x', description: 'a\u2028b' }],
    ['a developer with a space that is not seen', { name: 'x', developer: 'a\u200bb' }],
    ['a licence with text hidden in tags', { name: 'x', licence: 'MIT\u{e0041}' }],
    ['a label with control characters', { name: 'x', labels: ['a\nb', 'b', 'c'] }],
    ['a version with a slash', { name: 'x', version: '1/2' }],
    ['an unknown member', { name: 'x', file: '/etc/passwd' }],
  ])('%s', async (_name, manifest) => {
    expect(await add(first, manifest)).toMatchObject({ status: 422, body: { code: 'validation-failed' } });
  });

  it.each([
    ['text', new TextEncoder().encode('not a model'), 'not a well-formed ONNX file'],
    ['an empty file', new Uint8Array(), '0 graphs'],
    ['half a model', classifier.subarray(0, classifier.length / 2), 'not a well-formed ONNX file'],
    [
      'external data',
      graph({
        initializers: [
          join(
            field(1, 1),
            field(2, 1),
            field(8, 'w'),
            field(13, join(field(1, 'location'), field(2, '/etc/passwd'))),
          ),
        ],
      }),
      'data outside of the file',
    ],
    [
      'an operator that does not exist',
      graph({ nodes: [{ op: 'Nonsense', inputs: ['x'], outputs: ['y'] }] }),
      'cannot be loaded',
    ],
    [
      'a string input',
      graph({
        inputs: [{ name: 'x', type: 'STRING', shape: [1] }],
        outputs: [{ name: 'y', type: 'STRING', shape: [1] }],
      }),
      'has the type string',
    ],
    [
      'the list of maps of a classifier',
      zipMap,
      'the output "y" is no tensor; export classifiers without ZipMap',
    ],
    [
      'a name with control characters',
      graph({
        inputs: [{ name: 'x\u001b[2J', shape: [1] }],
        nodes: [{ op: 'Identity', inputs: ['x\u001b[2J'], outputs: ['y'] }],
      }),
      'printable ASCII',
    ],
    [
      'an input that no request can carry',
      graph({ inputs: [{ name: 'x', shape: [1, INPUT_ELEMENTS_MAX + 1] }], outputs: [{ name: 'y' }] }),
      'a request carries at most',
    ],
  ])('%s', async (_name, bytes, reason) => {
    const refused = await add(first, { name: 'bad' }, bytes);
    expect(refused).toMatchObject({ status: 422, body: { code: 'model-invalid' } });
    expect(refused.body.detail).toContain(reason);
  });

  it('no model for an input of exactly as many elements as a request can carry', async () => {
    const bytes = graph({
      inputs: [{ name: 'x', type: 'UINT8', shape: [1, INPUT_ELEMENTS_MAX] }],
      outputs: [{ name: 'y', type: 'UINT8', shape: [1, INPUT_ELEMENTS_MAX] }],
    });
    expect(await add(first, { name: 'wide' }, bytes)).toMatchObject({ status: 201 });
  });

  it('labels that fit no output', async () => {
    const refused = await add(first, { name: 'bad', labels: ['only one'] });
    expect(refused).toMatchObject({ status: 422, body: { code: 'model-invalid' } });
    expect(refused.body.detail).toContain('"probabilities" has 3');
  });

  it('a model of one byte more than the limit', async () => {
    const large = await add(first, { name: 'bad' }, new Uint8Array(LOWERED_MODEL_BYTES + 1));
    expect(large).toMatchObject({ status: 413, body: { code: 'body-too-large' } });
  });

  it('forms with other parts, or none', async () => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const post = (body: FormData | string, more: Record<string, string> = {}) =>
      answer(fetch(`${first.url}/v1/models`, { method: 'POST', headers: { ...headers, ...more }, body }));
    expect(await post('{}', { 'content-type': 'application/json' })).toMatchObject({ status: 415 });
    expect(await post('x', { 'content-type': 'multipart/form-data; boundary=y' })).toMatchObject({
      status: 422,
    });
    const form = new FormData();
    form.set('manifest', '{"name":"x","name":"y"}');
    form.set('model', new Blob([new Uint8Array(1)]));
    expect(await post(form)).toMatchObject({ status: 400, body: { code: 'malformed-json' } });
    form.append('model', new Blob([new Uint8Array(1)]));
    expect(await post(form)).toMatchObject({ status: 422 });
  });
});

describe('the size of a form', () => {
  const withLength = (bytes: number) => ({ 'content-length': String(bytes) });
  const chunked = { 'transfer-encoding': 'chunked' };
  const tooLarge = { status: 413, body: { code: 'body-too-large' } };

  it.each([
    ['by its length', withLength(FORM_BYTES)],
    ['in chunks', chunked],
  ])('is read at what its parts may have together, told %s', async (_name, headers) => {
    // What is refused is the model, so the form around it was read.
    expect(await postForm(first, headers, formOf(FORM_BYTES))).toMatchObject({
      status: 422,
      body: { code: 'model-invalid' },
    });
  });

  it('of one byte more is refused by its length, before anything of it is sent', async () => {
    expect(await postForm(first, withLength(FORM_BYTES + 1))).toMatchObject(tooLarge);
  });

  it('of one byte more is refused in chunks', async () => {
    expect(await postForm(first, chunked, formOf(FORM_BYTES + 1))).toMatchObject(tooLarge);
  });
});

describe('a model that harms the process it runs in', () => {
  const scalar = (name: string, value: number) => onnxTensor(name, [], [value], 'INT64');
  /** Loops as often as `trips` says; the condition that it passes on is what it got. */
  const loop = (trips: number) => {
    const loopBody = join(
      field(1, join(field(1, 'go'), field(2, 'goOn'), field(4, 'Identity'))),
      field(1, join(field(1, 'v'), field(2, 'w'), field(4, 'Identity'))),
      field(2, 'body'),
      ...[
        [11, 'i', 7, 0],
        [11, 'go', 9, 0],
        [11, 'v', 1, 1],
        [12, 'goOn', 9, 0],
        [12, 'w', 1, 1],
      ].map(([kind, name, type, rank]) => {
        const dims = rank === 1 ? field(1, field(1, 1)) : new Uint8Array();
        const tensor = join(field(1, type as number), field(2, dims));
        return field(kind as number, join(field(1, name as string), field(2, field(1, tensor))));
      }),
    );
    return graph({
      initializers: [scalar('trips', trips)],
      nodes: [
        {
          op: 'Loop',
          inputs: ['trips', '', 'x'],
          outputs: ['y'],
          attributes: [join(field(1, 'body'), field(6, loopBody), field(20, 5))],
        },
      ],
    });
  };

  it('runs a short loop, so that the long one below is refused for its length alone', async () => {
    expect(await add(first, { name: 'short-loop' }, loop(3))).toMatchObject({ status: 201 });
  });

  it('is refused when it does not come back, and the service goes on', async () => {
    const adding = add(first, { name: 'endless' }, loop(Number.MAX_SAFE_INTEGER));
    const beside = await Promise.all([
      ask(first, 'linear', [0, 3]),
      infer(first, 'financial-sentiment', { text: 'profit' }),
    ]);
    expect(beside.map(({ status }) => status)).toEqual([200, 200]);
    const refused = await adding;
    expect(refused).toMatchObject({ status: 422, body: { code: 'model-invalid' } });
    expect(refused.body.detail).toContain('did not answer within 3000 ms');
  }, 30_000);

  it('is refused when it needs more memory than it may have', async () => {
    const bomb = graph({
      initializers: [onnxTensor('shape', [1], [4_000_000_000], 'INT64')],
      nodes: [
        { op: 'Expand', inputs: ['x', 'shape'], outputs: ['wide'] },
        { op: 'Relu', inputs: ['wide'], outputs: ['wider'] },
        { op: 'ReduceSum', inputs: ['wider'], outputs: ['y'] },
      ],
    });
    const refused = await add(first, { name: 'bomb' }, bomb);
    expect(refused).toMatchObject({ status: 422, body: { code: 'model-invalid' } });
    expect(refused.body.detail).toContain('does not run on zeros');
    expect(await ask(first, 'linear', [0, 3])).toMatchObject({ status: 200 });
  }, 30_000);
});
