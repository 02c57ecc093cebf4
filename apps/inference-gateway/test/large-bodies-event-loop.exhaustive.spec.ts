import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { GatewayFixture, type Gateway } from './support/gateway-fixture.js';
import { GatewayProcess } from './support/gateway-process.js';
import { means, picture, pictureModel } from './support/large-bodies.js';
import { add, operator } from './support/operator-requests.js';
import { heldOutRow } from './support/sample-models.js';

const MIB = 1_048_576;
const LOOP_P99_MAX_MS = 20;

let fixture: GatewayFixture;
beforeAll(async () => {
  fixture = await GatewayFixture.create();
}, 60_000);
afterAll(() => fixture?.close());

describe('a gateway that reads bodies of 16 MiB', () => {
  it(`answers others meanwhile: its event loop waits no more than ${LOOP_P99_MAX_MS} ms longer in 99 of 100 turns`, async () => {
    const alone = await GatewayProcess.start(fixture, operator);
    await add({ url: alone.url } as Gateway, { name: 'means', priceAtomic: '0' }, pictureModel);
    const values = heldOutRow('digits').values;
    const small = JSON.stringify({
      inputs: [{ name: 'pixels', datatype: 'FP32', shape: [1, 64], data: values }],
    });
    const large = Buffer.from(picture(16 * MIB));
    const ask = (model: string, body: string | Buffer): Promise<Response> =>
      fetch(`${alone.url}/v1/models/${model}/infer`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: body as string,
      });
    let isAsking = true;
    let answers = 0;
    const others = Array.from({ length: 4 }, async () => {
      while (isAsking) {
        const answered = await ask('digits', small);
        expect(answered.status).toBe(200);
        await answered.arrayBuffer();
        answers += 1;
      }
    });
    // What starts with the first body has started.
    await means(await ask('means', large));
    await loopP99Ms(alone);
    await pause(3_000);
    // The others alone: what a machine makes them wait that has more to do.
    const usualMs = await loopP99Ms(alone);
    for (let bodies = 0; bodies < 4; bodies += 1)
      expect(await means(await ask('means', large))).toEqual([0.25, 1.25, 2.25]);
    const p99Ms = await loopP99Ms(alone);
    isAsking = false;
    await Promise.all(others);
    expect(answers).toBeGreaterThan(100);
    expect(p99Ms).toBeLessThanOrEqual(usualMs + LOOP_P99_MAX_MS);
  }, 60_000);
});

/** Since it was asked before. */
async function loopP99Ms({ metricsUrl }: GatewayProcess): Promise<number> {
  const text = await (await fetch(metricsUrl)).text();
  return Number(/^nodejs_eventloop_lag_p99_seconds\S* (\S+)$/m.exec(text)?.[1]) * 1_000;
}
