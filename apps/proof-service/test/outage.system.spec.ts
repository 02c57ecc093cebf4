import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { listDeadLetters } from '@touchstone/nats';
import { readiness as contract, type Readiness } from '@touchstone/contracts/http/every-service';
import { startOwnPostgres, waitUntil, type OwnPostgres } from '@touchstone/testing';
import { LogWorld } from './support/log-world.js';
import { ProofFixture, type ProofClient } from './support/proof-fixture.js';

const REDELIVERY_DELAYS_MS = [50, 50, 100, 100, 200];
const ACK_WAIT_MS = 1_000;
/** Longer than all deliveries with their delays, and than the server waits for an acknowledgement. */
const OUTAGE_MS = 2_000;

describe('a PostgreSQL that is killed', () => {
  let postgres: OwnPostgres;
  let fixture: ProofFixture;

  beforeEach(async () => {
    postgres = await startOwnPostgres();
    fixture = await ProofFixture.create(new LogWorld(), { ackWaitMs: ACK_WAIT_MS }, postgres);
  }, 60_000);
  afterEach(() => fixture.close());

  async function readiness(client: ProofClient): Promise<Readiness> {
    const response = await fetch(`${client.healthUrl}/readyz?verbose`);
    return contract.parse(await response.json());
  }

  it('costs no delivery of what is published meanwhile, and each event is stored once', async () => {
    const { world } = fixture;
    const client = await fixture.start(
      {},
      {
        redeliveryDelaysMs: REDELIVERY_DELAYS_MS,
        outageRetryDelaysMs: [50, 100, 200],
        workingIntervalMs: 300,
      },
    );
    await fixture.publish(world.commitmentPublished(), world.output());
    await client.waitForMetric('touchstone_proof_messages_taken_total', 2);
    await postgres.kill();
    const outputs = Array.from({ length: 20 }, () => world.output());
    await fixture.publish(...outputs, ...Array.from({ length: 20 }, (_, n) => world.entryAppended(`"${n}"`)));
    await new Promise((resolve) => setTimeout(resolve, OUTAGE_MS));
    const { ready, checks } = await readiness(client);
    expect(ready).toBe(false);
    for (const name of ['proof-service-inference', 'proof-service-anchor']) {
      expect(checks.find((check) => check.name === name)).toMatchObject({
        ok: false,
        detail: 'The database cannot be used now; try again.',
      });
    }
    await postgres.restart();
    await client.waitForMetric('touchstone_proof_messages_taken_total', 42);
    await waitUntil(async () => (await readiness(client)).ready);
    const [rows] = await fixture.rows<{ outputs: number; entries: number }>(
      `SELECT (SELECT count(*)::int FROM proofs.output) AS outputs,
              (SELECT count(*)::int FROM proofs.log_entry) AS entries`,
    );
    expect(rows).toEqual({ outputs: 21, entries: 20 });
    expect(await client.metric('touchstone_proof_messages_taken_total')).toBe(42);
    const operator = await fixture.nats.connect('operator');
    expect((await listDeadLetters(operator, {})).letters).toEqual([]);
    await operator.close();
    const settled = await client.metric('touchstone_mesh_delivery_settled_total');
    expect(settled).toBe(42);
    expect(await client.metric('touchstone_mesh_delivery_settled_total', 'result="ack"')).toBe(42);
  }, 60_000);

  it('costs no delivery while it is read-only, and what came meanwhile is stored when it is not any more', async () => {
    const { world } = fixture;
    const client = await fixture.start(
      {},
      {
        redeliveryDelaysMs: REDELIVERY_DELAYS_MS,
        outageRetryDelaysMs: [50, 100, 200],
        workingIntervalMs: 300,
      },
    );
    await fixture.publish(world.commitmentPublished(), world.output());
    await client.waitForMetric('touchstone_proof_messages_taken_total', 2);
    await postgres.setReadOnly(true);
    await fixture.publish(...Array.from({ length: 20 }, () => world.output()));
    await new Promise((resolve) => setTimeout(resolve, OUTAGE_MS));
    const { ready, checks } = await readiness(client);
    expect(ready).toBe(false);
    expect(checks.find(({ name }) => name === 'postgres')).toMatchObject({
      ok: false,
      detail: 'The database is read-only (in recovery: f).',
    });
    expect(checks.find(({ name }) => name === 'proof-service-inference')).toMatchObject({ ok: false });
    await postgres.setReadOnly(false);
    await client.waitForMetric('touchstone_proof_messages_taken_total', 22);
    await waitUntil(async () => (await readiness(client)).ready, 5_000);
    const operator = await fixture.nats.connect('operator');
    expect((await listDeadLetters(operator, {})).letters).toEqual([]);
    await operator.close();
    expect(await client.metric('touchstone_mesh_delivery_settled_total')).toBe(22);
    expect(await client.metric('touchstone_mesh_delivery_settled_total', 'result="ack"')).toBe(22);
  }, 60_000);

  it('does not hold up a shutdown', async () => {
    const { world } = fixture;
    const client = await fixture.start({}, { outageRetryDelaysMs: [60_000] });
    await postgres.kill();
    const outputs = Array.from({ length: 20 }, () => world.output());
    await fixture.publish(...outputs);
    await waitUntil(async () => {
      const { checks } = await readiness(client);
      return checks.some(({ name, ok }) => name === 'proof-service-inference' && !ok);
    });
    // Every part ended by itself within the time of a shutdown.
    expect(await client.stop()).toBe(true);
    await postgres.restart();
    await fixture.start();
    await waitUntil(
      async () => (await fixture.rows('SELECT 1 FROM proofs.output')).length === outputs.length,
      10_000,
    );
  }, 60_000);
});
