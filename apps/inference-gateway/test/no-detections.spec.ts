import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { onnxModel } from '@touchstone/testing';
import { GatewayFixture, infer, type Gateway } from './support/gateway-fixture.js';
import { add, answer, operator } from './support/operator-requests.js';

/** Gives the indexes of what is not zero: of zeros none, as a detector that sees nothing. */
const detector = onnxModel({
  inputs: [{ name: 'x', shape: ['n'] }],
  outputs: [{ name: 'found', type: 'INT64', shape: [1, 'hits'] }],
  nodes: [{ op: 'NonZero', inputs: ['x'], outputs: ['found'] }],
});

let fixture: GatewayFixture;
let gateway: Gateway;

beforeAll(async () => {
  fixture = await GatewayFixture.create();
  gateway = await fixture.start(operator);
}, 60_000);

afterAll(() => fixture?.close());

const detect = (data: number[]) =>
  answer(
    infer(gateway, 'detector', { inputs: [{ name: 'x', datatype: 'FP32', shape: [data.length], data }] }),
  );

describe('a model that may find nothing', () => {
  it('is added although zeros give it nothing to find', async () => {
    expect(await add(gateway, { name: 'detector' }, detector)).toMatchObject({ status: 201 });
  });

  it('answers with a dimension of 0 and no data, and with what it finds', async () => {
    expect(await detect([0, 0])).toMatchObject({
      status: 200,
      body: { outputs: [{ name: 'found', shape: [1, 0], data: [] }] },
    });
    expect(await detect([0, 5, 7])).toMatchObject({
      status: 200,
      body: { outputs: [{ name: 'found', shape: [1, 2], data: [1, 2] }] },
    });
  });

  it('takes an input without elements', async () => {
    expect(await detect([])).toMatchObject({
      status: 200,
      body: { outputs: [{ name: 'found', shape: [1, 0], data: [] }] },
    });
  });
});
