import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { OutputRecorded } from '@touchstone/contracts';
import { onnxModel, onnxTensor, vectorsPath, vectorsPresent, type OnnxValue } from '@touchstone/testing';
import { GatewayFixture, infer, type Gateway } from './support/gateway-fixture.js';
import { add, answer, operator, type Answer } from './support/operator-requests.js';

const FREE = { priceAtomic: '0' };

let fixture: GatewayFixture;
let gateway: Gateway;

beforeAll(async () => {
  fixture = await GatewayFixture.create();
  gateway = await fixture.start(operator);
}, 60_000);

afterAll(() => fixture?.close());

/** Asks with so many values as the shape says. */
const ask = (model: string, shape: number[], more: object[] = []): Promise<Answer> => {
  const data = Array.from({ length: shape.reduce((product, size) => product * size, 1) }, (_, at) => at);
  return answer(infer(gateway, model, { inputs: [{ name: 'x', datatype: 'FP32', shape, data }, ...more] }));
};

/** Rows of a fixed width, whatever the file declares of the result. */
const rows = (width: number, x: OnnxValue, y: OnnxValue) =>
  onnxModel({
    inputs: [x],
    outputs: [y],
    initializers: [onnxTensor('to', [2], [-1, width], 'INT64')],
    nodes: [{ op: 'Reshape', inputs: ['x', 'to'], outputs: ['y'] }],
  });

(vectorsPresent ? describe : describe.skip)('public cases of declared shapes (case 7)', () => {
  it.each(['shape-declared-wrong', 'rank-not-declared'])(
    '%s is added and answers what it gives',
    async (id) => {
      const file = readFileSync(vectorsPath(`onnx-cases/${id}.onnx`));
      const added = await add(gateway, { name: id, ...FREE }, new Uint8Array(file));
      expect(added).toMatchObject({ status: 201, body: { outputs: [{ name: 'y', shape: [-1, 4] }] } });
      const asked = await ask(id, [1, 16]);
      expect(asked).toMatchObject({
        status: 200,
        body: { outputs: [{ name: 'y', shape: [4, 4], data: Array.from({ length: 16 }, (_, at) => at) }] },
      });
      const events = await fixture.events<OutputRecorded>('evt.v1.inference.output.recorded');
      expect(events.at(-1)?.outputs).toMatchObject([{ name: 'y', shape: [4, 4] }]);
    },
  );
});

describe('an output of which the file declares', () => {
  it('the size of the one row that it was exported with is listed as open', async () => {
    const file = rows(3, { name: 'x', shape: ['n', 3] }, { name: 'y', shape: [1, 3] });
    expect(await add(gateway, { name: 'one-row', ...FREE }, file)).toMatchObject({
      status: 201,
      body: { outputs: [{ shape: [-1, 3] }] },
    });
    expect(await ask('one-row', [5, 3])).toMatchObject({
      status: 200,
      body: { outputs: [{ shape: [5, 3] }] },
    });
  });

  it('a size that one input size hides from the trial still answers', async () => {
    // Two runs give one row each, as declared; nine values give two.
    const file = onnxModel({
      inputs: [{ name: 'x', shape: ['n'] }],
      outputs: [{ name: 'y', shape: [1] }],
      initializers: [
        onnxTensor('start', [1], [0], 'INT64'),
        onnxTensor('end', [1], [100], 'INT64'),
        onnxTensor('step', [1], [8], 'INT64'),
        onnxTensor('axis', [1], [0], 'INT64'),
      ],
      nodes: [{ op: 'Slice', inputs: ['x', 'start', 'end', 'axis', 'step'], outputs: ['y'] }],
    });
    expect(await add(gateway, { name: 'every-eighth', ...FREE }, file)).toMatchObject({
      status: 201,
      body: { outputs: [{ shape: [1] }] },
    });
    expect(await ask('every-eighth', [9])).toMatchObject({
      status: 200,
      body: { outputs: [{ shape: [2], data: [0, 8] }] },
    });
  });

  it('another number of dimensions is listed without a shape', async () => {
    const file = rows(2, { name: 'x', shape: [4] }, { name: 'y', shape: [4] });
    const added = await add(gateway, { name: 'flat', ...FREE }, file);
    expect(added.body.outputs).toEqual([{ name: 'y', datatype: 'FP32' }]);
    expect(await ask('flat', [4])).toMatchObject({ status: 200, body: { outputs: [{ shape: [2, 2] }] } });
  });

  it('no shape, and nothing tells its rank, takes what each run gives', async () => {
    const file = onnxModel({
      inputs: [
        { name: 'x', shape: ['n'] },
        { name: 'to', type: 'INT64', shape: ['r'] },
      ],
      outputs: [{ name: 'y' }],
      nodes: [{ op: 'Reshape', inputs: ['x', 'to'], outputs: ['y'] }],
    });
    const added = await add(gateway, { name: 'any-rank', labels: ['a', 'b'], ...FREE }, file);
    expect(added.body.outputs).toEqual([{ name: 'y', datatype: 'FP32', labels: ['a', 'b'] }]);
    const to = (...sizes: number[]) => ({
      name: 'to',
      datatype: 'INT64',
      shape: [sizes.length],
      data: sizes,
    });
    expect(await ask('any-rank', [6], [to(3, 1, 2)])).toMatchObject({
      status: 200,
      body: { outputs: [{ shape: [3, 1, 2] }] },
    });
    expect(await ask('any-rank', [2], [to(2)])).toMatchObject({
      status: 200,
      body: { outputs: [{ shape: [2] }], prediction: { label: 'b' } },
    });
  });

  it('a single value stays one', async () => {
    const file = onnxModel({
      inputs: [{ name: 'x', shape: [] }],
      outputs: [{ name: 'y', shape: [] }],
      nodes: [{ op: 'Neg', inputs: ['x'], outputs: ['y'] }],
    });
    expect(await add(gateway, { name: 'single', ...FREE }, file)).toMatchObject({
      status: 201,
      body: { outputs: [{ shape: [] }] },
    });
    expect(await ask('single', [])).toMatchObject({ status: 200, body: { outputs: [{ shape: [] }] } });
    expect(await ask('single', [1])).toMatchObject({ status: 422, body: { code: 'tensor-invalid' } });
  });
});

describe('an input without a declared shape', () => {
  const file = rows(4, { name: 'x' }, { name: 'y' });

  it('is tried in several and takes any, as the runtime does', async () => {
    const added = await add(gateway, { name: 'any-input', ...FREE }, file);
    expect(added).toMatchObject({ status: 201, body: { inputs: [{ name: 'x', datatype: 'FP32' }] } });
    for (const shape of [[4], [2, 4], [2, 1, 2]]) {
      expect(await ask('any-input', shape)).toMatchObject({ status: 200 });
    }
    expect(await ask('any-input', [3])).toMatchObject({ status: 500, body: { code: 'inference-failed' } });
  });

  it('is the same model when the file comes again', async () => {
    expect(await add(gateway, { name: 'any-input', ...FREE }, file)).toMatchObject({ status: 200 });
  });
});

describe('a model that runs in none of the sizes that are tried', () => {
  it('is refused in a sentence, and neither listed nor priced', async () => {
    const file = rows(11, { name: 'x', shape: [5, 'n'] }, { name: 'y' });
    const refused = await add(gateway, { name: 'never', priceAtomic: '10000' }, file);
    expect(refused).toMatchObject({ status: 422, body: { code: 'model-invalid' } });
    expect(refused.body.detail).toMatch(
      /does not run on zeros in \d+ combinations of sizes for what it leaves open: The runtime refused/,
    );
    expect(await answer(fetch(`${gateway.url}/v1/models/never`))).toMatchObject({ status: 404 });
  });
});
