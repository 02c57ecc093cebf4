import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TEST_CASES_MAX, TEST_CASES_MIN, TEST_TOLERANCE_MAX } from '@touchstone/contracts/http/market';
import { GatewayFixture, type Gateway } from './support/gateway-fixture.js';
import { developer, goodCases, market, submit, testCase, validated } from './support/market-scene.js';

let fixture: GatewayFixture;
let gateway: Gateway;

beforeAll(async () => {
  fixture = await GatewayFixture.create();
  gateway = await fixture.start(market);
}, 60_000);

afterAll(() => fixture?.close());

describe('test cases', () => {
  const submitCases = (cases: unknown, name: string) =>
    submit(gateway, { account: developer(), manifest: { name }, cases });

  it('are TEST_CASES_MIN to TEST_CASES_MAX, with a tolerance of at most TEST_TOLERANCE_MAX', async () => {
    const many = (count: number) => Array.from({ length: count }, (_, at) => testCase(at / 100, 0));
    for (const count of [TEST_CASES_MIN - 1, TEST_CASES_MAX + 1])
      expect(await submitCases(many(count), 'counted')).toMatchObject({ status: 422 });
    const loose = (tolerance: number) => goodCases.map((each) => ({ ...each, tolerance }));
    expect(await submitCases(loose(TEST_TOLERANCE_MAX + 0.0001), 'loose')).toMatchObject({ status: 422 });
    for (const [cases, name] of [
      [many(TEST_CASES_MIN), 'fewest'],
      [many(TEST_CASES_MAX), 'most'],
      [loose(TEST_TOLERANCE_MAX), 'loosest'],
    ] as const) {
      const { status, body } = await submitCases(cases, name);
      expect(status).toBe(201);
      expect(await validated(gateway, body.id)).toMatchObject({ state: 'awaiting-review' });
    }
  }, 60_000);

  it('refuse a model that gives something else, with the place', async () => {
    const [good] = goodCases as [(typeof goodCases)[0]];
    const [output] = good.outputs as [(typeof good.outputs)[0]];
    const with_ = (change: object) => [...goodCases.slice(0, 2), { ...good, ...change }];
    const near = output.data.map((value) => value + 0.001);
    const refused: [string, unknown, string][] = [
      [
        'values',
        with_({ outputs: [{ ...output, data: near }] }),
        'test case 3: element 0 of "probabilities"',
      ],
      ['shape', with_({ outputs: [{ ...output, shape: [3] }] }), 'expects "probabilities" as FP32 [3]'],
      ['elements', with_({ outputs: [{ ...output, data: [0] }] }), 'expects 1 elements'],
      ['output', with_({ outputs: [{ ...output, name: 'nothing' }] }), 'expects the output "nothing"'],
      [
        'inputs',
        with_({ inputs: [{ ...good.inputs[0], shape: [2] }] }),
        'test case 3: The inputs do not fit',
      ],
    ];
    for (const [name, cases, reason] of refused) {
      const { body } = await submitCases(cases, name);
      expect(await validated(gateway, body.id)).toMatchObject({
        state: 'refused',
        reason: expect.stringContaining(reason),
      });
    }
    const tolerated = with_({ outputs: [{ ...output, data: near }], tolerance: 0.002 });
    const { body } = await submitCases(tolerated, 'tolerated');
    expect(await validated(gateway, body.id)).toMatchObject({ state: 'awaiting-review' });
  }, 60_000);

  it('are not reached by what is no model', async () => {
    const sent = await submit(gateway, {
      account: developer(),
      manifest: { name: 'garbage' },
      model: new TextEncoder().encode('not a model'),
    });
    expect(sent.status).toBe(201);
    expect(await validated(gateway, sent.body.id)).toMatchObject({ state: 'refused' });
  });
});
