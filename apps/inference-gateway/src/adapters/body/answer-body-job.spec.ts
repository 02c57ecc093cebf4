import { describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import { tensorsHash } from '@touchstone/evidence';
import { readTensors, type TensorModel } from '../../domain/request/read-inputs.js';
import { readRequest } from '../../domain/request/read-request.js';
import { answerBodyJob, handedOver } from './answer-body-job.js';

const model: TensorModel = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2], minimum: 0, maximum: 9 }],
  whole: undefined,
};
const tensor = { name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2.5] };
const bytes = (text: string) => new TextEncoder().encode(text);
const json = (value: unknown) => bytes(JSON.stringify(value));

function thrownBy(work: () => unknown): { code: string; message: string; details: unknown } {
  try {
    work();
  } catch (error) {
    const { code, message, details } = error as AppError;
    return { code, message, details };
  }
  throw new Error('It did not throw.');
}

describe('answerBodyJob', () => {
  it('reads the tensors as the thread that answers would, with their hash and that of the body', () => {
    const body = json({ inputs: [tensor], prove: 'none' });
    const answer = answerBodyJob({ form: 'v1', parts: [body.slice(0, 10), body.slice(10)], model });
    const tensors = readTensors(model, readRequest(body).request.inputs ?? []);
    const contents = [new Uint8Array(new Float32Array([1, 2.5]).buffer)];
    const hash = tensorsHash(tensors);
    if (!hash.ok || !answer.ok) throw new Error('It did not fit.');
    expect(answer).toEqual({
      ...{ ok: true, body, digest: bytesToHex(sha256(body)), request: { prove: 'none' } },
      inputs: {
        ok: true,
        tensors: [{ name: 'x', datatype: 'FP32', shape: [1, 2] }],
        contents,
        hash: hash.value,
      },
    });
    const [whole, inputs] = handedOver(answer);
    expect([whole?.byteLength, inputs?.byteLength]).toEqual([body.length, 8]);
  });

  it.each([
    ['no JSON', bytes('{"inputs":[1,}')],
    ['a name twice', bytes('{"text":"a","text":"b"}')],
    ['nesting', bytes(`{"inputs":${'['.repeat(40)}${']'.repeat(40)}}`)],
    ['a number beyond binary64', bytes('{"features":{"a":1e999}}')],
    ['bytes that are no UTF-8', Uint8Array.of(0x22, 0xff, 0x22)],
    ['another member', json({ inputs: [tensor], seed: 1 })],
    ['nothing to do', json({})],
  ])('refuses %s in the words of the thread that answers', (_what, body) => {
    const answer = answerBodyJob({ form: 'v1', parts: [body], model });
    expect(answer).toEqual({ ok: false, error: thrownBy(() => readRequest(body)) });
  });

  it.each([
    ['another name', { ...tensor, name: 'y' }],
    ['another datatype', { ...tensor, datatype: 'FP64' }],
    ['another shape', { ...tensor, shape: [2] }],
    ['too few elements', { ...tensor, data: [1] }],
    ['ragged rows', { ...tensor, shape: [2, 2], data: [[1, 2, 3], [4]] }],
    ['a text', { ...tensor, data: [1, 'a'] }],
    ['a number above the range', { ...tensor, data: [1, 10] }],
  ])('keeps why tensors do not fit for where it is asked: %s', (_what, wrong) => {
    const body = json({ inputs: [wrong] });
    const answer = answerBodyJob({ form: 'v1', parts: [body], model });
    expect(answer).toMatchObject({
      ok: true,
      request: {},
      inputs: {
        ok: false,
        error: thrownBy(() => readTensors(model, readRequest(body).request.inputs ?? [])),
      },
    });
  });

  it('leaves the tensors in the request where no model is known, and text as it is', () => {
    const body = json({ inputs: [tensor] });
    expect(answerBodyJob({ form: 'v1', parts: [body], model: undefined })).toMatchObject({
      ok: true,
      request: { inputs: [tensor] },
      inputs: undefined,
    });
    expect(answerBodyJob({ form: 'v1', parts: [json({ text: 'a' })], model })).toMatchObject({
      ok: true,
      request: { text: 'a' },
      inputs: undefined,
    });
  });
});
