import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createEd25519Signer } from '@touchstone/crypto';
import { waitUntil } from '@touchstone/testing';
import { ProofFixture } from './support/proof-fixture.js';

const open: ProofFixture[] = [];
async function create(): Promise<ProofFixture> {
  const fixture = await ProofFixture.create();
  open.push(fixture);
  return fixture;
}
afterEach(async () => {
  for (const fixture of open.splice(0)) await fixture.close();
});

describe('what contradicts the log', () => {
  async function covered() {
    const fixture = await create();
    const client = await fixture.start();
    const { world } = fixture;
    const output = world.output();
    await fixture.publish(world.commitmentPublished(), output, world.batchSealed([output]));
    await client.stage(output.body.verificationId, 'logged');
    return { fixture, client, world, output };
  }

  it.each([
    ['root-mismatch', { root: randomBytes(32) }],
    ['bad-signature', { key: createEd25519Signer(randomBytes(32)) }],
  ] as const)('never serves a checkpoint with %s, and serves the genuine one', async (reason, forgery) => {
    const { fixture, client, world, output } = await covered();
    await fixture.publish(await world.checkpointPublished(forgery));
    await client.waitForMetric('touchstone_proof_checkpoints_refused_total', 1, `reason="${reason}"`);
    expect(await client.metric('touchstone_proof_alarms_total', 'checkpoint-refused')).toBe(1);
    expect((await client.get('/checkpoint')).status).toBe(404);
    expect((await client.get('/v1/checkpoints/1')).status).toBe(404);
    await client.stage(output.body.verificationId, 'logged');
    const genuine = await world.checkpointPublished();
    await fixture.publish(genuine);
    await client.bundle(output.body.verificationId);
    expect(await (await client.get('/checkpoint')).text()).toBe(genuine.body.note);
  });

  it('refuses a forged checkpoint beyond its log at once', async () => {
    const { fixture, client, world } = await covered();
    const key = createEd25519Signer(randomBytes(32));
    world.entryAppended('{"not":"published"}');
    await fixture.publish(await world.checkpointPublished({ key }));
    await client.waitForMetric('touchstone_proof_checkpoints_refused_total', 1, 'bad-signature');
  });

  it('serves one note for a size, though the log signs two', async () => {
    const { fixture, client, world, output } = await covered();
    const first = await world.checkpointPublished();
    await fixture.publish(first);
    await client.bundle(output.body.verificationId);
    await fixture.publish(await world.checkpointPublished({ extensions: ['another'] }));
    await client.waitForMetric('touchstone_proof_checkpoints_refused_total', 1, 'another-note-at-size');
    expect(await (await client.get('/checkpoint')).text()).toBe(first.body.note);
  });

  it('refuses a checkpoint of another log, and one whose message says something else than its note', async () => {
    const { fixture, client, world, output } = await covered();
    const other = await world.checkpointPublished({ origin: 'another.log' });
    const genuine = await world.checkpointPublished();
    const lying = { ...genuine, body: { ...genuine.body, size: '2' } };
    const unreadable = { ...genuine, body: { ...genuine.body, note: 'no note' } };
    await fixture.publish(other, lying, unreadable);
    await client.waitForMetric('touchstone_proof_alarms_total', 3, 'checkpoint-refused');
    await client.stage(output.body.verificationId, 'logged');
  });

  it('keeps the first of two entries for one place', async () => {
    const { fixture, client, world, output } = await covered();
    const forged = { subject: 'evt.v1.anchor.entry.appended', body: { logIndex: '0', entry: '{}' } } as const;
    await fixture.publish(forged);
    await client.waitForMetric('touchstone_proof_alarms_total', 1, 'log-conflict');
    await fixture.publish(await world.checkpointPublished());
    await client.bundle(output.body.verificationId);
  });

  it('refuses a batch whose leaves do not give the root of its entry, and goes on with the log', async () => {
    const { fixture, client, world } = await covered();
    const output = world.output();
    const sealed = world.batchSealed([output]);
    const [leaf = ''] = sealed.body.leaves;
    await fixture.publish(output, { ...sealed, body: { ...sealed.body, leaves: [leaf, leaf] } });
    await client.waitForMetric('touchstone_proof_alarms_total', 1, 'batch-refused');
    await fixture.publish(await world.checkpointPublished());
    await waitUntil(async () => (await client.get('/checkpoint')).status === 200, 10_000, 'the checkpoint');
    await client.stage(output.body.verificationId, 'accepted');
  });

  it('does not take an anchor that is not final, or that commits to no checkpoint', async () => {
    const { fixture, client, world, output } = await covered();
    const checkpoint = await world.checkpointPublished();
    const anchor = world.anchorFinal(checkpoint);
    const soft = { ...anchor, body: { ...anchor.body, level: 'soft' as const } };
    const stray = { ...anchor, body: { ...anchor.body, commitment: 'ab'.repeat(32) } };
    await fixture.publish(checkpoint, soft, stray);
    await client.waitForMetric('touchstone_proof_alarms_total', 1, 'anchor-refused');
    await client.waitForMetric('touchstone_proof_anchors_unmatched', 1);
    await client.bundle(output.body.verificationId);
    await client.stage(output.body.verificationId, 'checkpointed', '?require=anchored');
  });
});
