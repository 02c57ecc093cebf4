import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { modelDetail } from '@touchstone/contracts/http/inference-gateway';
import { problemOf } from '@touchstone/testing/service';
import { bodyBytesMaxOf } from '../src/domain/request/body-limit.js';
import { INFER_BODY_BYTES_MAX, JOB_BODY_BYTES_MAX } from '../src/domain/request/request-limits.js';
import { GatewayFixture, infer, type Gateway } from './support/gateway-fixture.js';
import { means, picture, pictureModel } from './support/large-bodies.js';
import { add, operator } from './support/operator-requests.js';

const MIB = 1_048_576;
let fixture: GatewayFixture;
let gateway: Gateway;

beforeAll(async () => {
  fixture = await GatewayFixture.create();
  gateway = await fixture.start(operator);
  expect(await add(gateway, { name: 'means', priceAtomic: '0' }, pictureModel)).toMatchObject({
    status: 201,
  });
}, 60_000);

afterAll(() => fixture?.close());

describe('bodies as large as their model needs', () => {
  it('has the limit of the model on its page, takes exactly that, and refuses one byte more', async () => {
    const page = modelDetail.parse(await (await fetch(`${gateway.url}/v1/models/means`)).json());
    const bytesMax = bodyBytesMaxOf({ manifest: page, preprocessing: undefined });
    expect(page.bodyBytesMax).toBe(bytesMax);
    expect(await means(await infer(gateway, 'means', picture(bytesMax)))).toEqual([0.25, 1.25, 2.25]);
    const refused = await infer(gateway, 'means', picture(bytesMax + 1));
    expect(refused.status).toBe(413);
    const { code, detail } = await problemOf(refused);
    expect([code, detail]).toEqual([
      'body-too-large',
      expect.stringContaining(`more than the ${bytesMax} bytes`),
    ]);
  }, 60_000);

  it('takes them over the seed API too, as a plain list of numbers', async () => {
    const { inputs } = JSON.parse(picture(13 * MIB)) as { inputs: [{ data: number[] }] };
    const response = await gateway.post('/infer/means', { inputs: inputs[0].data, returnProof: false });
    expect(await response.json()).toMatchObject({ inference: { outputs: [0.25, 1.25, 2.25] } });
    const small = await gateway.post('/infer/digits', { inputs: inputs[0].data });
    expect([small.status, await small.json()]).toEqual([
      413,
      expect.objectContaining({ code: 413, reason: 'BODY_TOO_LARGE' }),
    ]);
  }, 60_000);

  it('gives other models and unknown ones no more than before', async () => {
    const large = ' '.repeat(INFER_BODY_BYTES_MAX + 1);
    for (const model of ['digits', 'nobody']) expect((await infer(gateway, model, large)).status).toBe(413);
  });

  it('says of a large body what it would say of a small one', async () => {
    const wrong = await infer(gateway, 'means', picture(13 * MIB).replace('2.25', '"2"'));
    expect(wrong.status).toBe(422);
    expect(await problemOf(wrong)).toMatchObject({
      code: 'tensor-invalid',
      errors: [{ pointer: `/inputs/0/data/${640 * 640 * 2}`, detail: 'expected a finite number' }],
    });
    const broken = await infer(gateway, 'means', `${picture(13 * MIB)}]`);
    expect([broken.status, (await problemOf(broken)).code]).toEqual([400, 'malformed-json']);
  }, 60_000);

  it('keeps no body for later that is larger than jobs may have', async () => {
    const later = (bytes: number) => {
      const body = '{"async":true,"inputs":[{"name":"image","datatype":"FP32","shape":[1],"data":[0]}]}';
      return body + ' '.repeat(bytes - body.length);
    };
    const fits = await infer(gateway, 'means', later(JOB_BODY_BYTES_MAX));
    expect([fits.status, (await problemOf(fits)).code]).toEqual([422, 'tensor-invalid']);
    const refused = await infer(gateway, 'means', later(JOB_BODY_BYTES_MAX + 1));
    expect(refused.status).toBe(413);
    expect((await problemOf(refused)).detail).toContain(`at most ${JOB_BODY_BYTES_MAX} bytes`);
  }, 60_000);
});
