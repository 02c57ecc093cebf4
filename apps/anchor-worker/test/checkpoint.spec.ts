import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AppError, type CheckpointPublished } from '@touchstone/contracts';
import { anchoredCommitment } from '@touchstone/evidence';
import { SIGNER_DOUBLE_ORIGIN, SignerDouble } from '@touchstone/testing';
import { leavesOf } from './support/leaves.js';
import { LogFixture, type Replica } from './support/log-fixture.js';
import { expectSoundLog } from './support/log-invariants.js';

type Forgery = Parameters<typeof SignerDouble.prototype.forge<'sign-checkpoint'>>[1];

const otherSigner = (origin = SIGNER_DOUBLE_ORIGIN) =>
  new SignerDouble({ origin, seeds: { checkpoint: '09'.repeat(32) } });

describe('checkpoints against PostgreSQL', () => {
  let fixture: LogFixture;
  beforeEach(async () => {
    fixture = await LogFixture.create();
  });
  afterEach(() => fixture.close());

  const replicaWith = (signer?: SignerDouble): Promise<Replica> =>
    fixture.replica({ settings: { intervalMs: 0 }, ...(signer === undefined ? {} : { signer }) });
  const append = async (replica: Replica, label: string, count = 1): Promise<void> => {
    await replica.intake.accept({ leaves: leavesOf(label, count), entries: [], batches: [] });
    while ((await replica.sealing.run()) === 0);
  };

  it('publishes one checkpoint over everything since the last, and nothing when nothing is new', async () => {
    const replica = await replicaWith();
    expect(await replica.checkpointing.run()).toBeUndefined();
    for (const label of ['a', 'b', 'c']) await append(replica, label);
    expect(await replica.checkpointing.run()).toBe(0);
    expect(await replica.checkpointing.run()).toBeUndefined();
    await append(replica, 'd');
    expect(await replica.checkpointing.run()).toBe(0);
    const { checkpoints } = await expectSoundLog(fixture);
    expect(checkpoints.map(({ size }) => size)).toEqual(['3', '4']);
    expect(anchoredCommitment(checkpoints[1]?.note ?? '')).toHaveLength(32);
  });

  it('extends the log through many sizes, each consistent with the one before', async () => {
    const replica = await replicaWith();
    for (let round = 0; round < 20; round += 1) {
      for (let entry = 0; entry <= round % 4; entry += 1) await append(replica, `${round}-${entry}`);
      await replica.checkpointing.run();
    }
    expect((await expectSoundLog(fixture)).checkpoints).toHaveLength(20);
    expect(replica.closed).toEqual([]);
  });

  it('asks for the same size again after a crash between signature and storage, although the log has grown', async () => {
    const first = await replicaWith();
    // The process ended before the answer came.
    fixture.signer.fail('late', 'sign-checkpoint');
    await append(first, 'a');
    await expect(first.checkpointing.run()).rejects.toMatchObject({ code: 'timeout' });
    fixture.signer.recover();
    const second = await replicaWith();
    await append(second, 'b');
    expect(await second.checkpointing.run()).toBe(0);
    expect(await second.checkpointing.run()).toBe(0);
    const { checkpoints } = await expectSoundLog(fixture);
    expect(checkpoints.map(({ size }) => size)).toEqual(['1', '2']);
    expect(fixture.signer.checkpoints).toHaveLength(2);
  });

  it('publishes once when two replicas ask at the same time', async () => {
    const [one, two] = [await replicaWith(), await replicaWith()];
    await append(one, 'a');
    await Promise.all([one.checkpointing.run(), two.checkpointing.run(), one.checkpointing.run()]);
    expect((await expectSoundLog(fixture)).checkpoints).toHaveLength(1);
  });

  it('stays closed, says why and keeps taking leaves when the signer is ahead after a restore', async () => {
    const replica = await replicaWith();
    await append(replica, 'a');
    await replica.checkpointing.run();
    // The signer signed two more sizes that this database has forgotten.
    await append(replica, 'lost');
    await replica.checkpointing.run();
    await fixture.rows(`
      DELETE FROM anchors.checkpoint WHERE size = 2;
      DELETE FROM anchors.leaf WHERE batch_id = (SELECT batch_id FROM anchors.batch WHERE log_index = 1);
      DELETE FROM anchors.model_anchors WHERE log_index = 1;
      DELETE FROM anchors.batch WHERE log_index = 1;
      DELETE FROM anchors.log_node WHERE NOT (level = 0 AND index = 0);
      DELETE FROM anchors.log_entry WHERE log_index = 1;
      DELETE FROM anchors.outbox WHERE id > 2;
      UPDATE anchors.log_state SET size = 1, frontier = (SELECT array_agg(hash) FROM anchors.log_node)`);
    await append(replica, 'b');
    await append(replica, 'c');
    expect(await replica.checkpointing.run()).toBeGreaterThan(0);
    expect(replica.checkpointing.closedReason).toMatch(/proof starts at size 1, the last signed size is 2/);
    await replica.checkpointing.run();
    expect(replica.closed).toHaveLength(1);
    expect(fixture.signer.checkpoints).toHaveLength(2);
    expect((await expectSoundLog(fixture)).checkpoints.map(({ size }) => size)).toEqual(['1']);
    await append(replica, 'd');
    expect((await expectSoundLog(fixture)).entries).toHaveLength(4);
  });

  it('knows at its start, before there is a new checkpoint, that the signer would sign none', async () => {
    const first = await replicaWith();
    await append(first, 'a');
    await first.checkpointing.run();
    fixture.signer.fail(new AppError('checkpoint-refused', 'Restored.'), 'sign-checkpoint');
    const second = await replicaWith();
    expect(await second.checkpointing.run()).toBeGreaterThan(0);
    expect(second.checkpointing.closedReason).toBe('Restored.');
    fixture.signer.recover();
    expect(await second.checkpointing.run()).toBeUndefined();
    expect(second.closed).toEqual(['Restored.', undefined]);
    const asked = fixture.signer.asked('sign-checkpoint');
    expect(await second.checkpointing.run()).toBeUndefined();
    expect(fixture.signer.asked('sign-checkpoint')).toBe(asked);
    expect((await expectSoundLog(fixture)).checkpoints.map(({ size }) => size)).toEqual(['1']);
  });

  it.each([
    ['signed nothing', new SignerDouble()],
    ['is another one', otherSigner()],
  ])('closes the log at its start when the signer %s', async (_what, signer) => {
    const first = await replicaWith();
    await append(first, 'a');
    await first.checkpointing.run();
    const second = await replicaWith(signer);
    expect(await second.checkpointing.run()).toBeGreaterThan(0);
    expect(second.checkpointing.closedReason).toMatch(/signed size is 0|begun as/);
    expect(signer.checkpoints).toEqual([]);
  });

  it('opens again when the refusal passes', async () => {
    const replica = await replicaWith();
    fixture.signer.fail(new AppError('checkpoint-refused', 'Not now.'), 'sign-checkpoint');
    await append(replica, 'a');
    await replica.checkpointing.run();
    fixture.signer.recover();
    expect(await replica.checkpointing.run()).toBe(0);
    expect(replica.closed).toEqual(['Not now.', undefined]);
    expect(replica.checkpointing.closedReason).toBeUndefined();
  });

  it.each<[string, Forgery]>([
    [
      'of another key',
      (_answer, request) => otherSigner().client('anchor-worker').call('signer', 'sign-checkpoint', request),
    ],
    [
      'of another size',
      (_answer, { origin }) =>
        new SignerDouble().client('anchor-worker').call('signer', 'sign-checkpoint', {
          ...{ origin, size: '5', root: '01'.repeat(32) },
          consistency: { fromSize: '0', proof: [] },
        }),
    ],
    ['with a broken signature', ({ note }) => ({ note: note.replace(/.{6}\n$/, 'AAAAA=\n') })],
  ])('stores no note %s', async (_what, forgery) => {
    const replica = await replicaWith();
    fixture.signer.forge('sign-checkpoint', forgery);
    await append(replica, 'a');
    await replica.checkpointing.run();
    expect(replica.checkpointing.closedReason).toMatch(/signer/);
    expect(await fixture.events<CheckpointPublished>('evt.v1.anchor.checkpoint.published')).toEqual([]);
  });

  it('refuses a signer that comes with another key or another log than the one that began it', async () => {
    const first = await replicaWith();
    await append(first, 'a');
    await first.checkpointing.run();
    await append(first, 'b');
    const otherKey = otherSigner();
    const second = await replicaWith(otherKey);
    await second.checkpointing.run();
    expect(second.checkpointing.closedReason).toMatch(/this log was begun as/);
    const third = await replicaWith(otherSigner('localhost/other'));
    await third.checkpointing.run();
    expect(third.checkpointing.closedReason).toMatch(/The signer signs the log localhost\/other/);
    expect(otherKey.checkpoints).toEqual([]);
  });
});
