import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TEST_CASES_MAX } from '@touchstone/contracts/http/market';
import { waitUntil } from '@touchstone/testing';
import { VALIDATION_STRIKES_MAX } from '../src/domain/market/validate-submissions.js';
import { GatewayFixture } from './support/gateway-fixture.js';
import { GatewayProcess } from './support/gateway-process.js';
import { developer, market, submit, testCase, validated } from './support/market-scene.js';

let fixture: GatewayFixture;

beforeAll(async () => {
  fixture = await GatewayFixture.create();
}, 60_000);

afterAll(() => fixture.close());

const cases = Array.from({ length: TEST_CASES_MAX }, (_, at) => testCase(at / 10, 1));
const stateOf = async (id: string) =>
  (await fixture.column<string>('SELECT state FROM gateway.submissions WHERE id = $1', [id]))[0];

/** Submits a model and kills the gateway while it validates it. */
async function killedWhileValidating(name: string, strikes: number): Promise<string> {
  let gateway = await GatewayProcess.start(fixture, market);
  const { body } = await submit(gateway, { account: developer(), manifest: { name }, cases });
  for (let strike = 1; ; strike += 1) {
    await waitUntil(async () => (await stateOf(body.id)) === 'validating', 30_000, 'the validation');
    await gateway.kill();
    expect(await stateOf(body.id)).toBe('validating');
    // Nobody renews the lease any more; the test does not wait for its end.
    await fixture.rows('UPDATE gateway.submissions SET due_at = now(), state = $2 WHERE id = $1', [
      body.id,
      strike === strikes ? 'validating' : 'submitted',
    ]);
    if (strike === strikes) return body.id;
    gateway = await GatewayProcess.start(fixture, market);
  }
}

describe('a gateway that is killed while it validates a submission', () => {
  it('leaves it to the next one, which does it again', async () => {
    const id = await killedWhileValidating('killed-once', 1);
    const next = await GatewayProcess.start(fixture, market);
    const { state, history } = await validated(next, id);
    expect(state).toBe('awaiting-review');
    expect(history.map(({ from, to }) => [from, to])).toEqual([
      [null, 'submitted'],
      ['submitted', 'validating'],
      ['validating', 'validating'],
      ['validating', 'awaiting-review'],
    ]);
    await next.kill();
  }, 120_000);

  it('is begun VALIDATION_STRIKES_MAX times, and then refused', async () => {
    const id = await killedWhileValidating('killed-often', VALIDATION_STRIKES_MAX);
    const next = await GatewayProcess.start(fixture, market);
    const { state, reason } = await validated(next, id);
    expect({ state, reason }).toEqual({
      state: 'refused',
      reason: `Its validation was begun ${VALIDATION_STRIKES_MAX} times and never came to an end.`,
    });
    await next.kill();
  }, 240_000);
});
