import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { toProblem } from '@touchstone/contracts';
import { CALLBACK_URL_CHARACTERS_MAX, jobCallback } from '@touchstone/contracts/http/jobs';
import type { CallbackResult } from '../src/domain/job/deliver-callbacks.js';
import {
  CALLBACK_FAILURE_CHARACTERS_MAX,
  CALLBACK_LEASE_MS,
  CALLBACK_PAUSE_FIRST_MS,
  CALLBACK_PAUSE_LAST_MS,
  CALLBACK_TRIES_MAX_MS,
  CALLBACKS_AT_ONCE_MAX,
  DeliverCallbacks,
} from '../src/domain/job/deliver-callbacks.js';
import { JobScene } from './support/job-scene.js';

let scene: JobScene;
let sent: { url: string; id: string | undefined; body: string }[];
beforeAll(async () => {
  scene = await JobScene.create();
}, 60_000);
afterEach(() => scene.clear());
afterAll(() => scene.fixture.close());

const URL_OF_SHOP = 'https://shop.example/hook';
const failed: CallbackResult = { outcome: 'failed', failure: 'answered 500' };

/** One run of a gateway whose attempts come to this. @returns what was counted */
async function deliver(result: CallbackResult): Promise<string[]> {
  const results: string[] = [];
  sent = [];
  await new DeliverCallbacks({
    store: scene.store,
    sender: {
      post: async (url, headers, body) => {
        sent.push({ url, id: headers['webhook-id'], body });
        return result;
      },
    },
    secret: 's'.repeat(32),
    show: (job) => JSON.stringify({ jobId: job.id, status: job.status }),
    nowMs: () => scene.clock.nowMs(),
    onResult: (outcome) => results.push(outcome),
  }).run();
  return results;
}

const callbackOf = async (id: string) => (await scene.store.find(id))?.callback;

async function endedJob(): Promise<string> {
  const id = await scene.accept(undefined, { callback: URL_OF_SHOP });
  await scene.work({});
  return id;
}

describe('a webhook', () => {
  it('is sent when its job ended, not before, and once when it is taken', async () => {
    const id = await scene.accept(undefined, { callback: URL_OF_SHOP });
    expect(await deliver({ outcome: 'delivered' })).toEqual([]);
    await scene.work({});
    expect(await deliver({ outcome: 'delivered' })).toEqual(['delivered']);
    expect(sent).toEqual([
      {
        url: URL_OF_SHOP,
        id: `msg_${id.replaceAll('-', '')}_succeeded`,
        body: JSON.stringify({
          type: 'job.succeeded',
          timestamp: new Date(scene.clock.nowMs()).toISOString(),
          data: { jobId: id, status: 'succeeded' },
        }),
      },
    ]);
    expect(await callbackOf(id)).toEqual({ status: 'delivered', attempts: 1, failure: undefined });
    scene.clock.advance(CALLBACK_TRIES_MAX_MS);
    expect(await deliver({ outcome: 'delivered' })).toEqual([]);
  });

  it('is not sent for a job without a callback, and for one that was cancelled it is', async () => {
    await scene.accept();
    await scene.work({});
    const id = await scene.accept(undefined, { callback: URL_OF_SHOP });
    await scene.store.cancel(id, scene.clock.nowMs());
    expect(await deliver({ outcome: 'delivered' })).toEqual(['delivered']);
    expect(sent[0]?.body).toContain('"type":"job.cancelled"');
  });

  it('that fails is sent again with the same id, after growing pauses up to a day', async () => {
    const id = await endedJob();
    const endMs = scene.clock.nowMs();
    const pauses: number[] = [];
    const ids = new Set<string | undefined>();
    let counted = await deliver(failed);
    for (; counted[0] === 'failed'; counted = await deliver(failed)) {
      ids.add(sent[0]?.id);
      const [{ due } = { due: new Date(0) }] = await scene.fixture.rows<{ due: Date }>(
        'SELECT callback_due_at AS due FROM gateway.jobs',
      );
      pauses.push(due.getTime() - scene.clock.nowMs());
      scene.clock.advance(pauses.at(-1)! - 1);
      expect(await deliver(failed)).toEqual([]);
      scene.clock.advance(1);
    }
    expect(counted).toEqual(['given-up']);
    expect(ids.size).toBe(1);
    const first = CALLBACK_PAUSE_FIRST_MS;
    expect(pauses.slice(0, 4)).toEqual([first, 3 * first, 9 * first, 27 * first]);
    expect(Math.max(...pauses)).toBe(CALLBACK_PAUSE_LAST_MS);
    expect(scene.clock.nowMs() - endMs).toBeLessThanOrEqual(CALLBACK_TRIES_MAX_MS);
    expect(scene.clock.nowMs() - endMs + CALLBACK_PAUSE_LAST_MS).toBeGreaterThan(CALLBACK_TRIES_MAX_MS);
    expect(await callbackOf(id)).toEqual({
      status: 'given-up',
      attempts: pauses.length + 1,
      failure: 'answered 500',
    });
  });

  it('is tried again exactly up to its end', async () => {
    for (const [late, expected] of [
      [0, 'failed'],
      [1, 'given-up'],
    ] as const) {
      await endedJob();
      scene.clock.advance(CALLBACK_TRIES_MAX_MS - CALLBACK_PAUSE_FIRST_MS + late);
      expect(await deliver(failed)).toEqual([expected]);
      await scene.clear();
    }
  });

  it.each(['refused', 'gone'] as const)('that is %s is not sent again', async (outcome) => {
    const id = await endedJob();
    expect(await deliver({ outcome, failure: 'why' })).toEqual([outcome]);
    expect(await callbackOf(id)).toEqual({ status: 'given-up', attempts: 1, failure: 'why' });
    scene.clock.advance(CALLBACK_LEASE_MS);
    expect(await deliver(failed)).toEqual([]);
  });

  it('whose gateway was killed is sent again after its lease', async () => {
    await endedJob();
    const now = scene.clock.nowMs();
    await scene.store.claimCallbacks(now, now + CALLBACK_LEASE_MS, 1);
    scene.clock.advance(CALLBACK_LEASE_MS - 1);
    expect(await deliver({ outcome: 'delivered' })).toEqual([]);
    scene.clock.advance(1);
    expect(await deliver({ outcome: 'delivered' })).toEqual(['delivered']);
  });

  it('of a failure that turned out to be a success is sent a second time, with another id', async () => {
    const id = await scene.accept(undefined, { callback: URL_OF_SHOP });
    const claim = crypto.randomUUID();
    await scene.store.claim(claim, scene.clock.nowMs(), scene.clock.nowMs(), 1);
    await scene.store.fail(id, claim, toProblem(undefined), scene.clock.nowMs());
    await deliver({ outcome: 'delivered' });
    const [first] = sent;
    await scene.store.succeed(id, new Uint8Array([123, 125]), undefined, scene.clock.nowMs());
    expect(await deliver({ outcome: 'delivered' })).toEqual(['delivered']);
    expect([first?.id, sent[0]?.id].map((text) => text?.split('_')[2])).toEqual(['failed', 'succeeded']);
  });

  it('has a reason of a failure that is cut', async () => {
    const longest = 'x'.repeat(CALLBACK_FAILURE_CHARACTERS_MAX);
    const id = await endedJob();
    for (const failure of [longest, `${longest}y`]) {
      await deliver({ outcome: 'failed', failure });
      expect((await callbackOf(id))?.failure).toHaveLength(CALLBACK_FAILURE_CHARACTERS_MAX);
      scene.clock.advance(CALLBACK_PAUSE_LAST_MS);
    }
    expect((await callbackOf(id))?.failure).toBe(longest);
  });

  it('is one of so many that one run sends', async () => {
    for (let count = 0; count <= CALLBACKS_AT_ONCE_MAX; count += 1)
      await scene.accept(undefined, { callback: URL_OF_SHOP });
    await scene.work({}, { atOnceMax: CALLBACKS_AT_ONCE_MAX + 1 });
    expect(await deliver({ outcome: 'delivered' })).toHaveLength(CALLBACKS_AT_ONCE_MAX);
    expect(await deliver({ outcome: 'delivered' })).toHaveLength(1);
  });

  it('has an address of so many characters', () => {
    const url = `https://shop.example/${'a'.repeat(CALLBACK_URL_CHARACTERS_MAX - 21)}`;
    expect(jobCallback.safeParse({ url }).success).toBe(true);
    expect(jobCallback.safeParse({ url: `${url}a` }).success).toBe(false);
  });
});
