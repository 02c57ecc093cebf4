import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bytesToHex } from '@touchstone/crypto';
import type { PipelinePorts } from '../src/domain/pipeline/create-pipeline.js';
import { commitmentEntry } from '../src/domain/log/object-entry.js';
import { leavesOf, recordedOutput } from './support/leaves.js';
import { LogFixture, type Replica } from './support/log-fixture.js';
import { expectSoundLog } from './support/log-invariants.js';

/** A generator that repeats for a seed (mulberry32), so that a failed run can be repeated. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

class Crash extends Error {}

/** Ports that end the process before an operation, or after it took effect and before its answer arrived. */
function crashing(ports: PipelinePorts, random: () => number): PipelinePorts {
  const wrap = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(object, name) {
        const member: unknown = Reflect.get(object, name);
        if (typeof member !== 'function') return member;
        return async (...parameters: unknown[]) => {
          if (random() < 0.08) throw new Crash(`before ${String(name)}`);
          const result: unknown = await Reflect.apply(member, object, parameters);
          if (random() < 0.08) throw new Crash(`after ${String(name)}`);
          return result;
        };
      },
    });
  return {
    ...ports,
    intake: wrap(ports.intake),
    sealing: wrap(ports.sealing),
    checkpoints: wrap(ports.checkpoints),
    checkpointSigner: wrap(ports.checkpointSigner),
  };
}

describe('a process that ends at random points', () => {
  let fixture: LogFixture;
  beforeAll(async () => {
    fixture = await LogFixture.create();
  });
  afterAll(() => fixture.close());

  it('keeps each leaf in one batch and a log that never goes back (two processes, 400 steps)', async () => {
    const random = randomOf(20_260_102);
    const leaves = ['model-a', 'model-b'].flatMap((model) => leavesOf('crash', 120, model));
    let crashes = 0;
    const start = (): Promise<Replica> =>
      fixture.replica({
        settings: { intervalMs: 2, batchMax: 5 },
        ports: (ports) => crashing(ports, random),
      });
    const processes = [await start(), await start()];
    let delivered = 0;
    let sizeSeen = 0;
    const step = async (replica: Replica): Promise<unknown> => {
      const choice = random();
      if (choice < 0.4) {
        // A redelivery begins some messages before the first that was not acknowledged.
        const from = Math.max(0, delivered - Math.floor(random() * 6));
        const part = leaves.slice(from, from + 1 + Math.floor(random() * 8));
        const { commitment, modelId } = recordedOutput('crash', `model-${Math.floor(random() * 12)}`);
        const entries = random() < 0.2 ? [commitmentEntry(commitment, modelId)] : [];
        await replica.intake.accept({ leaves: part, entries, batches: [] });
        delivered = Math.max(delivered, from + part.length);
        return undefined;
      }
      return choice < 0.75 ? replica.sealing.run() : replica.checkpointing.run();
    };
    for (let round = 0; round < 200; round += 1) {
      const outcomes = await Promise.allSettled(processes.map(step));
      for (const [place, outcome] of outcomes.entries()) {
        if (outcome.status === 'fulfilled') continue;
        expect(outcome.reason).toBeInstanceOf(Crash);
        crashes += 1;
        await processes[place]?.dataSource.destroy();
        processes[place] = await start();
      }
      if (round % 20 === 0) {
        const { checkpoints } = await expectSoundLog(fixture);
        const size = Number(checkpoints[checkpoints.length - 1]?.size ?? 0);
        expect(size).toBeGreaterThanOrEqual(sizeSeen);
        sizeSeen = size;
      }
    }
    expect(crashes).toBeGreaterThan(40);
    const calm = await fixture.replica({ settings: { intervalMs: 0, batchMax: 5 } });
    await calm.intake.accept({ leaves, entries: [], batches: [] });
    while ((await calm.sealing.run()) === 0);
    while ((await calm.checkpointing.run()) === 0);
    const log = await expectSoundLog(fixture);
    expect([...log.leaves].sort()).toEqual(leaves.map(({ leaf }) => bytesToHex(leaf)).sort());
    expect(log.checkpoints[log.checkpoints.length - 1]?.size).toBe(String(log.entries.length));
    expect(calm.checkpointing.closedReason).toBeUndefined();
  }, 60_000);
});
