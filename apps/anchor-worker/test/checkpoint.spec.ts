import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AppError, type CheckpointPublished } from '@touchstone/contracts';
import { anchoredCommitment } from '@touchstone/evidence';
import type { CheckpointSigner } from '../src/domain/checkpoint/checkpoint-ports.js';
import { leavesOf } from './leaves.js';
import { LogFixture, type Replica } from './log-fixture.js';
import { expectSoundLog } from './log-invariants.js';
import { CheckpointSigningDouble } from './signing-double.js';

describe('checkpoints against PostgreSQL', () => {
  let fixture: LogFixture;
  beforeEach(async () => {
    fixture = await LogFixture.create();
  });
  afterEach(() => fixture.close());

  const replicaWith = (signer?: Partial<CheckpointSigner>): Promise<Replica> =>
    fixture.replica({
      settings: { intervalMs: 0 },
      ports: (ports) => ({
        ...ports,
        checkpointSigner: {
          identity: () => (signer?.identity ? signer.identity() : fixture.signer.identity()),
          sign: (request) => (signer?.sign ? signer.sign(request) : fixture.signer.sign(request)),
        },
      }),
    });
  const append = async (replica: Replica, label: string, count = 1): Promise<void> => {
    await replica.intake.accept({ leaves: leavesOf(label, count), entries: [] });
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
    let crash = true;
    const first = await replicaWith({
      sign: async (request) => {
        const note = await fixture.signer.sign(request);
        if (crash) throw new AppError('timeout', 'The process ended before the answer came.');
        return note;
      },
    });
    await append(first, 'a');
    await expect(first.checkpointing.run()).rejects.toMatchObject({ code: 'timeout' });
    crash = false;
    const second = await replicaWith();
    await append(second, 'b');
    expect(await second.checkpointing.run()).toBe(0);
    expect(await second.checkpointing.run()).toBe(0);
    const { checkpoints } = await expectSoundLog(fixture);
    expect(checkpoints.map(({ size }) => size)).toEqual(['1', '2']);
    expect(fixture.signer.signed).toHaveLength(2);
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
    await fixture.client.query(`
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
    expect(replica.checkpointing.closedReason).toMatch(/the proof starts at 1, the last size is 2/);
    await replica.checkpointing.run();
    expect(replica.closed).toHaveLength(1);
    expect(fixture.signer.signed).toHaveLength(2);
    expect((await expectSoundLog(fixture)).checkpoints.map(({ size }) => size)).toEqual(['1']);
    await append(replica, 'd');
    expect((await expectSoundLog(fixture)).entries).toHaveLength(4);
  });

  it('opens again when the refusal passes', async () => {
    let refuse = true;
    const replica = await replicaWith({
      sign: (request) => {
        if (refuse) throw new AppError('checkpoint-refused', 'Not now.');
        return fixture.signer.sign(request);
      },
    });
    await append(replica, 'a');
    await replica.checkpointing.run();
    refuse = false;
    expect(await replica.checkpointing.run()).toBe(0);
    expect(replica.closed).toEqual(['Not now.', undefined]);
    expect(replica.checkpointing.closedReason).toBeUndefined();
  });

  it.each([
    ['of another key', async (_fixture: LogFixture) => new CheckpointSigningDouble(9)],
    [
      'of another size',
      async () => {
        const other = new CheckpointSigningDouble();
        const root = new Uint8Array(32).fill(1);
        return Object.assign(Object.create(other) as CheckpointSigningDouble, {
          sign: () =>
            other.sign({
              origin: 'localhost/touchstone/anchor-test',
              size: 5n,
              root,
              fromSize: 0n,
              proof: [],
            }),
        });
      },
    ],
    [
      'with a broken signature',
      async () => {
        const other = new CheckpointSigningDouble();
        return Object.assign(Object.create(other) as CheckpointSigningDouble, {
          sign: async (request: Parameters<CheckpointSigner['sign']>[0]) =>
            (await other.sign(request)).replace(/.{6}\n$/, 'AAAAA=\n'),
        });
      },
    ],
  ])('stores no note %s', async (_what, signerOf) => {
    const double = await signerOf(fixture);
    const replica = await replicaWith({ sign: (request) => double.sign(request) });
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
    const otherKey = new CheckpointSigningDouble(9);
    const second = await replicaWith(otherKey);
    await second.checkpointing.run();
    expect(second.checkpointing.closedReason).toMatch(/this log was begun as/);
    const third = await replicaWith({
      identity: async () => ({ origin: 'localhost/other', vkey: otherKey.vkey }),
    });
    await third.checkpointing.run();
    expect(third.checkpointing.closedReason).toMatch(/The signer signs the log localhost\/other/);
    expect(otherKey.signed).toEqual([]);
  });
});
