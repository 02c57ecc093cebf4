import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TcpProxy, waitUntil } from '@touchstone/testing';
import { createDataSource, Outbox, OutboxRelay, withDatabase } from '../src/index.js';
import { nodeChangedBody, openTestSchema, type TestSchema } from './test-schema.js';

describe('a server whose host vanishes', () => {
  let schema: TestSchema;
  beforeAll(async () => {
    schema = await openTestSchema('vanished');
  });
  afterAll(() => schema.close());

  it('costs what is under way and no connection beyond it; the next ones go where the address leads', async () => {
    const proxy = new TcpProxy(Number(new URL(schema.options.url).port));
    const url = new URL(schema.options.url);
    url.port = String(await proxy.open());
    const statementTimeoutMs = 500;
    const options = { ...schema.options, url: url.href, poolMax: 2, statementTimeoutMs };
    const dataSource = await createDataSource(options).initialize();
    const ask = (count: number) =>
      Promise.allSettled(
        Array.from({ length: count }, () =>
          withDatabase(() => dataSource.query('SELECT 1 AS one FROM pg_sleep(0.05)')),
        ),
      );
    await ask(2);
    proxy.silence();
    // Two have a connection and two wait for one.
    const outcomes = await ask(4);
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(2);
    for (const outcome of refused)
      expect(outcome).toMatchObject({ reason: { code: 'dependency-unavailable', retryAfterSeconds: 1 } });
    expect((await ask(4)).map(({ status }) => status)).toEqual(Array(4).fill('fulfilled'));
    await dataSource.destroy();
    await proxy.cut();
  }, 20_000);

  it('is left by a relay, which goes on with another session', async () => {
    const proxy = new TcpProxy(Number(new URL(schema.options.url).port));
    const url = new URL(schema.options.url);
    url.port = String(await proxy.open());
    const dataSource = await createDataSource({
      ...schema.options,
      url: url.href,
      applicationName: 'vanishing',
      statementTimeoutMs: 500,
    }).initialize();
    const published = new Set<string>();
    const relay = new OutboxRelay({
      dataSource,
      publish: (_subject, _payload, { msgId }) => {
        published.add(msgId);
        return Promise.resolve();
      },
    });
    relay.start();
    await waitUntil(() => relay.active);
    proxy.silence();
    const id = await schema.dataSource.transaction((manager) =>
      new Outbox(schema.dataSource).append(manager, 'evt.v1.attestation.node.changed', nodeChangedBody(1)),
    );
    // The server does not know yet; here it is told what it finds out by itself after LOST_PEER_SECONDS.
    await waitUntil(() => !relay.active, 20_000);
    await schema.dataSource.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'vanishing outbox'`,
    );
    await waitUntil(() => published.has(id), 20_000);
    await relay.stop();
    await dataSource.destroy();
    await proxy.cut();
  }, 60_000);
});
