import { afterEach, describe, expect, it } from '@jest/globals';
import { BATCH_LEAVES_MAX } from '@touchstone/contracts';
import { problemOf } from '@touchstone/testing/service';
import { verifyEvidence } from '@touchstone/evidence';
import { waitUntil } from '@touchstone/testing';
import { CHECKPOINTS_PER_ROUND_MAX, LOG_EXTEND_ENTRIES_MAX } from '../src/domain/log/log-copy.js';
import { type EventOf, type LogWorld, type TestEvent } from './support/log-world.js';
import { otherLeaf } from './support/output-parts.js';
import { ProofFixture } from './support/proof-fixture.js';

type Output = EventOf<'evt.v1.inference.output.recorded'>;

const open: ProofFixture[] = [];
async function create(): Promise<ProofFixture> {
  const fixture = await ProofFixture.create();
  open.push(fixture);
  return fixture;
}
afterEach(async () => {
  for (const fixture of open.splice(0)) await fixture.close();
});

/** A history of commitments, batches, checkpoints and anchors in the order in which it came to be. */
async function history(
  world: LogWorld,
  batches: number,
): Promise<{ events: TestEvent[]; outputs: Output[] }> {
  const events: TestEvent[] = [world.commitmentPublished(), world.entryAppended()];
  const outputs: Output[] = [];
  for (let index = 0; index < batches; index += 1) {
    const made = [world.output(), world.output()];
    outputs.push(...made);
    events.push(...made, world.batchSealed(made, [otherLeaf(index + 1)]));
    if (index % 3 !== 2) continue;
    const checkpoint = await world.checkpointPublished();
    events.push(checkpoint);
    if (index % 2 === 0) events.push(world.anchorFinal(checkpoint));
  }
  const last = await world.checkpointPublished();
  events.push(last, world.anchorFinal(last));
  return { events, outputs };
}

/** Shuffles by a seed, so that a failure can be repeated. */
function shuffled<T>(items: readonly T[], seed: number): T[] {
  let state = seed;
  const next = (): number => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648);
  return items
    .map((item) => ({ item, key: next() }))
    .sort((left, right) => left.key - right.key)
    .map(({ item }) => item);
}

async function expectAllProvable(
  fixture: ProofFixture,
  port: Awaited<ReturnType<ProofFixture['start']>>,
  outputs: Output[],
) {
  for (const { body } of outputs) {
    const text = await port.bundle(body.verificationId, '?require=anchored');
    const report = verifyEvidence(text, { trust: fixture.world.trust(), nowMs: Date.now() });
    expect(report).toMatchObject({ result: 'VALID', label: 'L2' });
  }
  expect(await port.metric('touchstone_proof_alarms_total')).toBe(0);
  expect(await port.metric('touchstone_proof_self_check_failures_total')).toBe(0);
}

describe('order and repetition', () => {
  it.each([1, 7])(
    'does not depend on the order of messages, each of which comes twice (seed %d)',
    async (seed) => {
      const fixture = await create();
      const client = await fixture.start();
      const { events, outputs } = await history(fixture.world, 9);
      await fixture.publish(...shuffled([...events, ...events], seed));
      await expectAllProvable(fixture, client, outputs);
      expect(await client.metric('touchstone_proof_log_size_entries')).toBe(fixture.world.entries.length);
      expect(await client.metric('touchstone_proof_log_entries_waiting')).toBe(0);
    },
  );

  it('waits with everything behind a gap, and catches up when the gap is filled', async () => {
    const fixture = await create();
    const client = await fixture.start();
    const { world } = fixture;
    const before = world.entryAppended();
    const missing = world.entryAppended('{"missing":true}');
    const output = world.output();
    const sealed = world.batchSealed([output]);
    const checkpoint = await world.checkpointPublished();
    await fixture.publish(world.commitmentPublished(), output, before, sealed, checkpoint);
    await client.stage(output.body.verificationId, 'sealed');
    await client.waitForMetric('touchstone_proof_log_entries_waiting', 1);
    expect(await client.metric('touchstone_proof_checkpoints_pending')).toBe(1);
    expect((await client.get('/checkpoint')).status).toBe(404);
    await fixture.publish(missing);
    await client.bundle(output.body.verificationId);
  });

  it('survives a restart in the middle', async () => {
    const fixture = await create();
    const { events, outputs } = await history(fixture.world, 6);
    const half = Math.floor(events.length / 2);
    const first = await fixture.start();
    await fixture.publish(...events.slice(0, half));
    await first.waitForMetric('touchstone_proof_log_size_entries', 1);
    await first.stop();
    await fixture.publish(...events.slice(half));
    const second = await fixture.start();
    await expectAllProvable(fixture, second, outputs);
  });

  it('shares the work between two replicas that answer alike', async () => {
    const fixture = await create();
    const [left, right] = [await fixture.start(), await fixture.start()];
    const { events, outputs } = await history(fixture.world, 12);
    await fixture.publish(...shuffled([...events, ...events], 3));
    await expectAllProvable(fixture, left, outputs);
    await expectAllProvable(fixture, right, outputs);
    for (const { body } of outputs) {
      const path = `/v1/evidence/${body.verificationId}`;
      const [one, other] = await Promise.all([left.get(path), right.get(path)]);
      expect(one.headers.get('etag')).toBe(other.headers.get('etag'));
    }
  });

  it('verifies checkpoints later when the signer was away', async () => {
    const fixture = await create();
    const { world } = fixture;
    world.signer.fail('away');
    const client = await fixture.start();
    const output = world.output();
    await fixture.publish(
      world.commitmentPublished(),
      output,
      world.batchSealed([output]),
      await world.checkpointPublished(),
    );
    await client.waitForMetric('touchstone_proof_checkpoints_pending', 1);
    await client.stage(output.body.verificationId, 'logged');
    world.signer.recover();
    await client.bundle(output.body.verificationId);
  });

  it('loses nothing while the database is away, and tells readers to come again', async () => {
    const fixture = await create();
    const { world, database } = fixture;
    const client = await fixture.start();
    const output = world.output();
    await fixture.publish(world.commitmentPublished(), output);
    await client.stage(output.body.verificationId, 'accepted');
    await fixture.rows(`ALTER DATABASE ${database.name} CONNECTION LIMIT 0`);
    await fixture.rows(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND usename = 'proof-service'`,
    );
    await fixture.publish(world.batchSealed([output]), await world.checkpointPublished());
    await waitUntil(async () => {
      const answer = await client.get(`/v1/evidence/${output.body.verificationId}`);
      const refusal = await problemOf(answer);
      return answer.status === 503 && refusal.code === 'dependency-unavailable';
    });
    await fixture.rows(`ALTER DATABASE ${database.name} CONNECTION LIMIT -1`);
    await client.bundle(output.body.verificationId);
  });

  it('takes one more than fits a round, of entries and of checkpoints', async () => {
    const fixture = await create();
    const { world } = fixture;
    const entries = LOG_EXTEND_ENTRIES_MAX + 1;
    const events: TestEvent[] = Array.from({ length: entries }, (_, n) => world.entryAppended(`{"n":${n}}`));
    const checkpoints = CHECKPOINTS_PER_ROUND_MAX + 1;
    for (let behind = 0; behind < checkpoints; behind += 1) {
      events.push(await world.checkpointPublished({ size: entries - behind }));
    }
    await fixture.publish(...events);
    const client = await fixture.start();
    await client.waitForMetric('touchstone_proof_checkpoints_verified_total', checkpoints);
    expect(await client.metric('touchstone_proof_log_size_entries')).toBe(entries);
    expect(await client.metric('touchstone_proof_alarms_total')).toBe(0);
    for (const size of [entries, entries - checkpoints + 1]) {
      expect((await client.get(`/v1/checkpoints/${size}`)).status).toBe(200);
    }
    expect((await client.get(`/v1/checkpoints/${entries - checkpoints}`)).status).toBe(404);
  });

  it('takes a batch of the most leaves there may be', async () => {
    const fixture = await create();
    const client = await fixture.start();
    const { world } = fixture;
    const output = world.output();
    const others = Array.from({ length: BATCH_LEAVES_MAX - 1 }, (_, index) => otherLeaf(index + 1));
    await fixture.publish(world.commitmentPublished(), output, world.batchSealed([output], others));
    await fixture.publish(await world.checkpointPublished());
    const text = await client.bundle(output.body.verificationId);
    expect(verifyEvidence(text, { trust: world.trust(), nowMs: Date.now() }).label).toBe('L1');
  });
});
