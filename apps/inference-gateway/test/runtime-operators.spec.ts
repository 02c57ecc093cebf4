import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import {
  field,
  join as joinBytes,
  onnxModel,
  onnxTensor,
  vectorsPath,
  vectorsPresent,
} from '@touchstone/testing';
import { GatewayFixture, infer, type Gateway } from './support/gateway-fixture.js';
import { add, answer, operator } from './support/operator-requests.js';
import { modelsFolder } from './support/sample-models.js';

const describeVectors = vectorsPresent ? describe : describe.skip;

/** A number as an attribute, in the words of onnx.proto. */
const integer = (name: string, value: number) => joinBytes(field(1, name), field(3, value), field(20, 2));

/** Cuts a row into a sequence, takes one part of it, and rounds that to eight bits and back. */
const sequences = onnxModel({
  inputs: [{ name: 'x', shape: [1, 4] }],
  outputs: [{ name: 'y', shape: [1, 2] }],
  initializers: [onnxTensor('two', [], [2], 'INT64'), onnxTensor('second', [], [1], 'INT64')],
  nodes: [
    { op: 'SplitToSequence', inputs: ['x', 'two'], outputs: ['parts'], attributes: [integer('axis', 1)] },
    { op: 'SequenceAt', inputs: ['parts', 'second'], outputs: ['part'] },
    { op: 'DynamicQuantizeLinear', inputs: ['part'], outputs: ['small', 'scale', 'zero'] },
    { op: 'DequantizeLinear', inputs: ['small', 'scale', 'zero'], outputs: ['y'] },
  ],
});

let fixture: GatewayFixture;
let folder: string;

beforeAll(async () => {
  fixture = await GatewayFixture.create();
  folder = mkdtempSync(join(tmpdir(), 'touchstone-models-'));
}, 60_000);

afterAll(async () => {
  await fixture?.close();
  rmSync(folder, { recursive: true, force: true });
});

const ask = (gateway: Gateway, id: string, data: number[]) =>
  answer(infer(gateway, id, { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data }] }));

describe('a model with sequences inside and tensors outside', () => {
  it('is added and answers', async () => {
    const gateway = await fixture.start(operator);
    expect(await add(gateway, { name: 'sequences' }, sequences)).toMatchObject({ status: 201 });
    const { status, body } = await ask(gateway, 'sequences', [1, 2, 0, 255]);
    expect([status, body.outputs]).toEqual([
      200,
      [expect.objectContaining({ name: 'y', shape: [1, 2], data: [0, 255] })],
    ]);
  });
});

describe('a model with an operator of the runtime that added models may not use', () => {
  it.each(['BeamSearch', 'Sampling', 'Tokenizer', 'Inverse', 'Gelu '])('is refused: %s', async (op) => {
    const model = onnxModel({
      inputs: [{ name: 'x', shape: [1, 4] }],
      outputs: [{ name: 'y', shape: [1, 4] }],
      nodes: [{ op, domain: 'com.microsoft', inputs: ['x'], outputs: ['y'] }],
    });
    const refused = await add(await fixture.start(operator), { name: 'refused' }, model);
    expect(refused).toMatchObject({ status: 422, body: { code: 'model-invalid' } });
    expect(refused.body.detail).toContain(`the operator "${op}" of the runtime itself (com.microsoft)`);
  });
});

describeVectors('a model with an operator of the runtime (com.microsoft)', () => {
  const gelu = () => new Uint8Array(readFileSync(vectorsPath('onnx-cases/contrib-gelu.onnx')));

  it('is added and answers when that is one of those that added models may use', async () => {
    const gateway = await fixture.start(operator);
    expect(await add(gateway, { name: 'gelu' }, gelu())).toMatchObject({ status: 201 });
    expect((await ask(gateway, 'gelu', [0, 10, -10, 1])).body.outputs[0]?.data.slice(0, 2)).toEqual([0, 10]);
  });

  it('runs when the operator deploys it in the models folder', async () => {
    const manifest = JSON.parse(readFileSync(join(modelsFolder, 'digits', 'model.json'), 'utf8')) as object;
    cpSync(join(modelsFolder, 'digits'), join(folder, 'digits'), { recursive: true });
    mkdirSync(join(folder, 'gelu'));
    writeFileSync(join(folder, 'gelu', 'model.onnx'), gelu());
    writeFileSync(
      join(folder, 'gelu', 'model.json'),
      JSON.stringify({
        ...manifest,
        id: 'gelu',
        name: 'gelu',
        sha256: bytesToHex(sha256(gelu())),
        inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4] }],
        outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 4] }],
        accuracy: undefined,
      }),
    );
    const gateway = await fixture.start({ TOUCHSTONE_MODELS_DIR: folder });
    const { status, body } = await ask(gateway, 'gelu', [0, 10, -10, 1]);
    expect(status).toBe(200);
    const [zero, ten, minusTen, one] = body.outputs[0]?.data ?? [];
    expect([zero, ten, minusTen]).toEqual([0, 10, expect.closeTo(0, 6)]);
    expect(one).toBeCloseTo(0.8413447, 5);
  });
});
