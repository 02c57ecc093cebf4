import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { problemOf } from '@touchstone/testing/service';
import { request as httpRequest } from 'node:http';
import { INFER_BODY_BYTES_MAX } from '../src/domain/request/request-limits.js';
import { GatewayFixture, infer, type Gateway } from './support/gateway-fixture.js';
import { heldOutRow } from './support/sample-models.js';

let fixture: GatewayFixture;
let gateway: Gateway;

// Payment is on: whatever is refused here must be refused before any money is asked for.
beforeAll(async () => {
  fixture = await GatewayFixture.create();
  gateway = await fixture.start({ TOUCHSTONE_PAYMENT_MODE: 'x402' });
}, 60_000);

afterAll(async () => {
  expect(fixture.payments.all()).toEqual([]);
  expect(fixture.signer.outputs).toEqual([]);
  expect(await fixture.column('SELECT id FROM gateway.verifications')).toEqual([]);
  await fixture.close();
});

const { values } = heldOutRow('digits');
const pixels = { name: 'pixels', datatype: 'FP32', shape: [1, 64], data: values };
const withPixel = (change: object) => ({ inputs: [{ ...pixels, ...change }] });
const ids = { name: 'token_ids', datatype: 'INT64', shape: [1, 60], data: new Array(60).fill(0) };

async function refusalOf(response: Response) {
  expect(response.headers.get('payment-required')).toBeNull();
  return problemOf(response);
}

describe('tensors that do not fit the model are 422 with expected and actual', () => {
  it.each([
    ['another name', withPixel({ name: 'image' }), '/inputs/0/name', 'expected one of "pixels", got "image"'],
    ['another datatype', withPixel({ datatype: 'FP64' }), '/inputs/0/datatype', 'expected FP32, got FP64'],
    ['another shape', withPixel({ shape: [64] }), '/inputs/0/shape', 'expected [1,64], got [64]'],
    ['another size', withPixel({ shape: [1, 63] }), '/inputs/0/shape', 'expected [1,64], got [1,63]'],
    ['too few values', withPixel({ data: values.slice(1) }), '/inputs/0/data', 'expected 64 elements'],
    ['too many values', withPixel({ data: [...values, 0] }), '/inputs/0/data', 'got 65'],
    [
      'a text value',
      withPixel({ data: ['1', ...values.slice(1)] }),
      '/inputs/0/data/0',
      'expected a finite number',
    ],
    [
      'a value beyond FP32',
      withPixel({ data: [...values.slice(1), 1e15].map((v) => v) }),
      '/inputs/0/data/63',
      '16',
    ],
    [
      'a value below the range',
      withPixel({ data: [-1, ...values.slice(1)] }),
      '/inputs/0/data/0',
      'from 0 to 16, got -1',
    ],
    ['a value above the range', withPixel({ data: [...values.slice(1), 17] }), '/inputs/0/data/63', 'got 17'],
    [
      'ragged rows',
      withPixel({ data: [[...values.slice(0, 63)], [values[63]]] }),
      '/inputs/0/data',
      'nested',
    ],
    [
      'rows nested too deep',
      withPixel({ data: [values.map((value) => [value])] }),
      '/inputs/0/data',
      'nested',
    ],
    ['a tensor twice', { inputs: [pixels, pixels] }, '/inputs/1/name', 'appears twice'],
    ['a further tensor', { inputs: [pixels, { ...pixels, name: 'more' }] }, '/inputs/1/name', 'got "more"'],
  ])('%s', async (_name, body, pointer, detail) => {
    const response = await infer(gateway, 'digits', body);
    const problem = await refusalOf(response);
    expect([response.status, problem.code]).toEqual([422, 'tensor-invalid']);
    expect(problem.errors?.[0]?.pointer).toBe(pointer);
    expect(problem.errors?.[0]?.detail).toContain(detail);
  });

  it.each([
    ['a token id beyond the vocabulary', { ...ids, data: [3526, ...ids.data.slice(1)] }],
    ['a fraction', { ...ids, data: [0.5, ...ids.data.slice(1)] }],
    ['an integer beyond 64 bits', { ...ids, data: ['9223372036854775808', ...ids.data.slice(1)] }],
  ])('%s', async (_name, tensor) => {
    const response = await infer(gateway, 'financial-sentiment', { inputs: [tensor] });
    expect((await refusalOf(response)).errors?.[0]?.pointer).toBe('/inputs/0/data/0');
    expect(response.status).toBe(422);
  });
});

describe('bodies that are no request', () => {
  it.each([
    ['no JSON', '{', 400, 'malformed-json'],
    ['nothing', ' ', 400, 'malformed-json'],
    ['a name twice', '{"text":"a","text":"b"}', 400, 'malformed-json'],
    ['a number beyond binary64', '{"inputs":[1e400]}', 400, 'malformed-json'],
    ['a size beyond 2^53', JSON.stringify(withPixel({ shape: [1, 2 ** 53] })), 422, 'validation-failed'],
    ['a lone surrogate', '{"text":"\\ud800"}', 400, 'malformed-json'],
    ['NaN', '{"inputs":[NaN]}', 400, 'malformed-json'],
    ['nesting without end', `{"inputs":${'['.repeat(200)}${']'.repeat(200)}}`, 400, 'malformed-json'],
    ['a list', '[]', 422, 'validation-failed'],
    ['an empty object', '{}', 422, 'validation-failed'],
    ['no tensor', '{"inputs":[]}', 422, 'validation-failed'],
    ['text and tensors', JSON.stringify({ text: 'a', inputs: [pixels] }), 422, 'validation-failed'],
    ['an unknown datatype', JSON.stringify(withPixel({ datatype: 'FP8' })), 422, 'validation-failed'],
    ['a negative size', JSON.stringify(withPixel({ shape: [-1, 64] })), 422, 'validation-failed'],
    [
      'parameters',
      JSON.stringify({ inputs: [pixels], parameters: { temperature: 2 } }),
      422,
      'validation-failed',
    ],
    ['parameters of a tensor', JSON.stringify(withPixel({ parameters: {} })), 422, 'validation-failed'],
    ['chosen outputs', JSON.stringify({ inputs: [pixels], outputs: [] }), 422, 'validation-failed'],
  ])('%s', async (_name, body, status, code) => {
    const response = await infer(gateway, 'digits', body);
    const problem = await refusalOf(response);
    expect([response.status, problem.code]).toEqual([status, code]);
    expect(problem.errors?.length).toBeGreaterThan(0);
  });

  it('text for a model that takes none', async () => {
    const response = await infer(gateway, 'digits', { text: 'five' });
    expect([response.status, (await refusalOf(response)).errors?.[0]?.pointer]).toEqual([422, '/text']);
  });

  it.each([
    ['no token', '…', 'no-tokens'],
    ['too many tokens', 'profit '.repeat(61), 'too-many-tokens'],
  ])('text with %s', async (_name, text, reason) => {
    const response = await infer(gateway, 'financial-sentiment', { text });
    const problem = await refusalOf(response);
    expect([response.status, problem.code, problem.errors?.[0]?.detail]).toEqual([
      422,
      'text-invalid',
      reason,
    ]);
  });
});

describe('requests that are refused before their body counts', () => {
  it('a model that is not known is 404', async () => {
    const response = await infer(gateway, 'no-such-model', { inputs: [pixels] });
    expect([response.status, (await refusalOf(response)).code]).toEqual([404, 'unknown-model']);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=latin1'])(
    'the media type %s is 415',
    async (type) => {
      const response = await infer(gateway, 'digits', { inputs: [pixels] }, { 'content-type': type });
      expect([response.status, (await refusalOf(response)).code]).toEqual([415, 'unsupported-media-type']);
    },
  );

  it('a content coding is 415', async () => {
    const response = await infer(gateway, 'digits', { inputs: [pixels] }, { 'content-encoding': 'gzip' });
    expect([response.status, (await refusalOf(response)).code]).toEqual([415, 'unsupported-media-type']);
  });

  it('a query parameter is 400', async () => {
    const sent = await fetch(`${gateway.url}/v1/models/digits/infer?seed=1`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ inputs: [pixels] }),
    });
    expect([sent.status, (await refusalOf(sent)).errors?.[0]?.pointer]).toEqual([400, '/query/seed']);
  });

  it('a target that evidence cannot hold is 400, even where it asks for nothing', async () => {
    const target = `/v1/models/digits/infer?${'&'.repeat(2_049 - '/v1/models/digits/infer?'.length)}`;
    const send = (path: string) =>
      fetch(`${gateway.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ inputs: [pixels] }),
      });
    expect((await send(target.slice(0, -1))).status).toBe(402);
    const response = await send(target);
    expect([response.status, (await refusalOf(response)).errors?.[0]?.pointer]).toEqual([400, '/target']);
  });

  it('GET is 405 and says what is allowed', async () => {
    const response = await fetch(`${gateway.url}/v1/models/digits/infer`);
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'OPTIONS, POST']);
  });

  it(`a body of ${INFER_BODY_BYTES_MAX} bytes is read, one byte more is 413`, async () => {
    const padded = (bytes: number) => {
      const body = JSON.stringify({ inputs: [pixels] });
      return body + ' '.repeat(bytes - body.length);
    };
    const fits = await infer(gateway, 'digits', padded(INFER_BODY_BYTES_MAX));
    expect(fits.status).toBe(402);
    const long = await infer(gateway, 'digits', padded(INFER_BODY_BYTES_MAX + 1));
    expect([long.status, (await refusalOf(long)).code]).toEqual([413, 'body-too-large']);
  });

  it('a chunked body without a length is counted all the same', async () => {
    const status = await new Promise<number>((resolve, reject) => {
      const url = new URL(`${gateway.url}/v1/models/digits/infer`);
      const sent = httpRequest(
        url,
        { method: 'POST', headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' } },
        (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        },
      );
      sent.on('error', reject);
      sent.end(' '.repeat(INFER_BODY_BYTES_MAX + 1));
    });
    expect(status).toBe(413);
  });
});
