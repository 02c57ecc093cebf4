import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startOwnPostgres, TcpProxy, waitUntil, type OwnPostgres } from '@touchstone/testing';
import { GatewayFixture, infer, type Gateway } from './support/gateway-fixture.js';
import { codeOf, digitsBody, PaidRequests } from './support/paid-requests.js';

let fixture: GatewayFixture;

beforeAll(async () => {
  fixture = await GatewayFixture.create();
}, 60_000);

afterAll(async () => fixture.close());

/** A URL whose host is the proxy. */
function through(url: string, port: number): string {
  const changed = new URL(url);
  changed.hostname = '127.0.0.1';
  changed.port = String(port);
  return changed.href;
}

async function expectUnavailable(response: Response): Promise<void> {
  expect(response.status).toBe(503);
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await codeOf(response)).toBe('dependency-unavailable');
}

function answersAgain(gateway: Gateway): Promise<unknown> {
  return waitUntil(
    async () => (await infer(gateway, 'digits', digitsBody)).status === 200,
    20_000,
    'an answer',
  );
}

describe('while PostgreSQL is away', () => {
  it('requests are 503, nothing is recorded in part, and answers come back with it', async () => {
    const url = fixture.database.urlFor('inference-gateway');
    const proxy = new TcpProxy(Number(new URL(url).port));
    const gateway = await fixture.start({ DATABASE_URL: through(url, await proxy.open()) });
    expect((await infer(gateway, 'digits', digitsBody)).status).toBe(200);
    await proxy.cut();
    for (let round = 0; round < 3; round += 1)
      await expectUnavailable(await infer(gateway, 'digits', digitsBody));
    await expectUnavailable(
      await fetch(`${gateway.url}/v1/verifications/019ab000-0000-7000-8000-000000000000`),
    );
    await proxy.open();
    await answersAgain(gateway);
    const orphans = await fixture.column(
      `SELECT v.id FROM gateway.verifications v LEFT JOIN gateway.outbox o
         ON convert_from(o.payload, 'UTF8')::jsonb ->> 'verificationId' = v.id::text WHERE o.id IS NULL`,
    );
    expect(orphans).toEqual([]);
    await gateway.stop();
    await proxy.cut();
  }, 60_000);
});

describe('while PostgreSQL is read-only', () => {
  let postgres: OwnPostgres;
  let alone: GatewayFixture;
  beforeAll(async () => {
    postgres = await startOwnPostgres();
    alone = await GatewayFixture.create({ database: postgres });
  }, 60_000);
  afterAll(async () => alone.close());

  it('requests are 503 under load, the service is not ready, and both end with it, without a restart', async () => {
    const gateway = await alone.start();
    const readyz = async () => (await fetch(`${gateway.healthUrl}/readyz`)).status;
    const answers: Response[] = [];
    let stop = false;
    const load = Array.from({ length: 4 }, async () => {
      while (!stop) answers.push(await infer(gateway, 'digits', digitsBody));
    });
    await waitUntil(() => answers.length > 20);
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(await readyz()).toBe(200);
    await postgres.setReadOnly(true);
    await waitUntil(() => answers.at(-1)?.status === 503);
    expect(await readyz()).toBe(503);
    const from = answers.length;
    await waitUntil(() => answers.length > from + 20);
    expect(answers.slice(from).every(({ status }) => status === 503)).toBe(true);
    await postgres.setReadOnly(false);
    await waitUntil(() => answers.at(-1)?.status === 200, 5_000);
    await waitUntil(async () => (await readyz()) === 200, 5_000);
    stop = true;
    await Promise.all(load);
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused.length).toBeGreaterThan(10);
    for (const response of refused) await expectUnavailable(response);
    await waitUntil(
      async () =>
        (await alone.column('SELECT id FROM gateway.outbox WHERE published_at IS NULL')).length === 0,
      10_000,
    );
    const [events] = await alone.column('SELECT count(*)::int FROM gateway.verifications');
    expect(events).toBe(answers.length - refused.length);
  }, 60_000);
});

describe('while NATS is away', () => {
  it('requests are 503 and recorded events wait in the outbox until it is back', async () => {
    const proxy = new TcpProxy(Number(new URL(fixture.nats.url).port));
    const gateway = await fixture.start({ NATS_URL: through(fixture.nats.url, await proxy.open()) });
    expect((await infer(gateway, 'digits', digitsBody)).status).toBe(200);
    await proxy.cut();
    await expectUnavailable(await infer(gateway, 'digits', digitsBody));
    expect((await gateway.context.health.readiness()).ready).toBe(false);
    await proxy.open();
    await answersAgain(gateway);
    await waitUntil(
      async () =>
        (await fixture.column('SELECT id FROM gateway.outbox WHERE published_at IS NULL')).length === 0,
      20_000,
      'the outbox to drain',
    );
    await gateway.stop();
    await proxy.cut();
  }, 60_000);
});

describe('while another service is away', () => {
  it('a payment that cannot be verified is 503 and nothing is charged', async () => {
    const alone = await GatewayFixture.create({ without: ['payment-verifier'] });
    const gateway = await alone.start({ TOUCHSTONE_PAYMENT_MODE: 'x402' }, { ready: false });
    await waitUntil(async () => {
      const { checks } = await gateway.context.health.readiness();
      return checks.every(({ name, ok }) => ok === (name !== 'payment asset'));
    });
    const { header, moved } = await new PaidRequests(alone, gateway).paid();
    await expectUnavailable(await infer(gateway, 'digits', digitsBody, header));
    expect(moved()).toEqual({ runs: 0, transfers: 0 });
    await alone.close();
  }, 60_000);

  it('without a signer the service starts, is not ready and refuses; it answers once the signer is there', async () => {
    const alone = await GatewayFixture.create({ without: ['signer'] });
    const gateway = await alone.start({}, { ready: false });
    const readiness = await gateway.context.health.readiness();
    expect(readiness.checks.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(['commitments']);
    await expectUnavailable(await infer(gateway, 'digits', digitsBody));
    alone.signer.serve(await alone.connect('signer'));
    await answersAgain(gateway);
    await alone.close();
  }, 60_000);

  it('without a hub answers say that nothing is known about the node', async () => {
    const gateway = await fixture.start({ TOUCHSTONE_NODE_ID: 'node-2' });
    const answer = (await (await infer(gateway, 'digits', digitsBody)).json()) as {
      context: { node: object };
    };
    expect(answer.context.node).toEqual({
      nodeId: 'node-2',
      attestationStatus: 'UNKNOWN',
      buildId: null,
      capabilityHash: null,
    });
  });
});
