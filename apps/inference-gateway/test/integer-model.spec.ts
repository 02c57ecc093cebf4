import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inferAnswer, modelDetail } from '@touchstone/contracts/http/inference-gateway';
import { encodeTensor, tensorsHash } from '@touchstone/evidence';
import { problemOf } from '@touchstone/testing/service';
import { GatewayFixture, infer, type Gateway } from './support/gateway-fixture.js';
import { modelsFolder, sampleModels } from './support/sample-models.js';
import { IntegerRunner } from '../src/adapters/integer/integer-runner.js';

const ID = 'digits-int';

interface Row {
  readonly label: number;
  readonly values: number[];
}

const { rows } = JSON.parse(readFileSync(join(modelsFolder, 'digits', 'held-out.json'), 'utf8')) as {
  rows: Row[];
};
const [row] = rows as [Row];

let fixture: GatewayFixture;
let gateway: Gateway;

beforeAll(async () => {
  fixture = await GatewayFixture.create();
  gateway = await fixture.start();
}, 60_000);

afterAll(async () => fixture.close());

const ask = (datatype: string, data: unknown[], shape = [1, 64]) =>
  infer(gateway, ID, JSON.stringify({ inputs: [{ name: 'pixels', datatype, shape, data }] }));
const hashOf = (
  name: string,
  datatype: 'UINT8' | 'INT32',
  shape: number[],
  data: readonly unknown[],
): string => {
  const encoded = encodeTensor({ name, datatype, shape, data: [...data] });
  const hash = encoded.ok ? tensorsHash([encoded.value]) : encoded;
  if (!hash.ok) throw new Error(hash.error.detail);
  return hash.value;
};

describe('a model version in whole numbers (R-ZK-4)', () => {
  it('signs the whole numbers that floats become, and says the same for either', async () => {
    const eighths = row.values.map((value) => value * 8);
    const floats = inferAnswer.parse(await (await ask('FP32', row.values)).json());
    const whole = inferAnswer.parse(await (await ask('UINT8', eighths)).json());
    expect(floats.outputs).toEqual(whole.outputs);
    expect(floats.prediction?.label).toBe(String(row.label));
    const [logits] = whole.outputs;
    expect(logits).toMatchObject({ name: 'logits', datatype: 'INT32', shape: [1, 10] });
    for (const { proof } of [floats, whole]) {
      expect(proof.inputHash).toBe(hashOf('pixels', 'UINT8', [1, 64], eighths));
      expect(proof.outputHash).toBe(hashOf('logits', 'INT32', [1, 10], logits?.data ?? []));
    }
    // What was sent is in the digest of the request.
    expect(floats.context.requestDigest).not.toBe(whole.context.requestDigest);
  });

  it('rounds floats half to even and holds them in the datatype', async () => {
    const data = [0.0625, 0.1875, -3, 99, ...Array<number>(60).fill(0)];
    const answer = inferAnswer.parse(await (await ask('FP64', data)).json());
    const whole = [0, 2, 0, 255, ...Array<number>(60).fill(0)];
    expect(answer.proof.inputHash).toBe(hashOf('pixels', 'UINT8', [1, 64], whole));
  });

  it.each([
    ['INT32', Array<number>(64).fill(1), [1, 64], '/inputs/0/datatype'],
    ['FP32', Array<number>(63).fill(1), [1, 63], '/inputs/0/shape'],
    ['FP32', [...Array<number>(63).fill(1), 'x'], [1, 64], '/inputs/0/data/63'],
    ['UINT8', [...Array<number>(63).fill(1), 256], [1, 64], '/inputs/0/data/63'],
    ['UINT8', [...Array<number>(63).fill(1), 1.5], [1, 64], '/inputs/0/data/63'],
  ])('refuses %s where it does not fit', async (datatype, data, shape, pointer) => {
    const problem = await problemOf(await ask(datatype, data, shape));
    expect(problem).toMatchObject({ code: 'tensor-invalid', errors: [{ pointer }] });
  });

  it('shows its circuit, and commits to it', async () => {
    const detail = modelDetail.parse(await (await fetch(`${gateway.url}/v1/models/${ID}`)).json());
    const { vkDigest } = JSON.parse(readFileSync(join(modelsFolder, ID, 'set-up.json'), 'utf8')) as {
      vkDigest: string;
    };
    expect(detail.circuit).toMatchObject({ vkDigest, setup: 'single-party' });
    expect(detail.commitment).toMatchObject({ vkDigest });
    expect(detail.circuit?.deviation).toMatchObject({ vkDigest, agreement: 1, samples: { count: 360 } });
    const plain = modelDetail.parse(await (await fetch(`${gateway.url}/v1/models/digits`)).json());
    expect(plain).not.toHaveProperty('circuit');
    expect(plain.commitment?.vkDigest).toBeNull();
  });

  it('is as right on the held-out rows as its card says', async () => {
    const model = (await sampleModels()).get(ID);
    if (model?.circuit === undefined) throw new Error('It has no circuit.');
    const runner = new IntegerRunner();
    let right = 0;
    for (const { label, values } of rows) {
      const input = encodeTensor({
        ...{ name: 'pixels', datatype: 'UINT8', shape: [1, 64] },
        data: values.map((value) => value * 8),
      });
      if (!input.ok) throw new Error(input.error.detail);
      const { outputs } = await runner.run(model, [input.value]);
      const logits = new Int32Array(new Uint8Array(Buffer.from(outputs[0]?.data ?? '', 'base64')).buffer);
      right += logits.indexOf(Math.max(...logits)) === label ? 1 : 0;
    }
    expect(right).toBe(354);
    expect(rows).toHaveLength(360);
    expect(model.manifest.accuracy).toMatchObject({ value: 0.9833, samples: 360 });
  });
});
