import { beforeEach, describe, expect, it } from '@jest/globals';
import { FakeClock } from '@touchstone/testing';
import {
  NODE_CHANGES_MAX,
  NODE_NEWS_MAX_AGE_MS,
  NodeStanding,
  type BlockedNodes,
  type WithoutNews,
} from './node-standing.js';

const START = '2026-01-02T03:04:05.000Z';
const START_MS = Date.parse(START);
const at = (offsetMs: number) => new Date(START_MS + offsetMs).toISOString();

/** A hub that answers when it is told to. */
class Hub {
  readonly waiting: { answer: (nodes: BlockedNodes) => void; fail: (error: Error) => void }[] = [];

  blocked(): Promise<BlockedNodes> {
    return new Promise((answer, fail) => this.waiting.push({ answer, fail }));
  }

  say(offsetMs: number, ...nodeIds: string[]): void {
    const blocked = nodeIds.map((nodeId) => ({ nodeId, reason: 'quarantined' as const }));
    this.waiting.shift()?.answer({ at: at(offsetMs), blocked });
  }
}

let hub: Hub;
let clock: FakeClock;
const standing = (fail: WithoutNews = 'open') => new NodeStanding(hub, fail, () => clock.nowMs());
const change = (blocked: boolean, offsetMs: number, nodeId = 'a') => ({
  nodeId,
  blocked,
  changedAt: at(offsetMs),
});

beforeEach(() => {
  hub = new Hub();
  clock = new FakeClock(START);
});

/** Asks, and has the hub say these nodes. */
async function learn(nodes: NodeStanding, offsetMs: number, ...nodeIds: string[]): Promise<void> {
  const asked = nodes.ask();
  hub.say(offsetMs, ...nodeIds);
  await asked;
}

describe('the standing of nodes', () => {
  it('is what the last answer says, all of it', async () => {
    const nodes = standing();
    await learn(nodes, 0, 'a', 'b');
    expect(['a', 'b', 'c'].map((id) => nodes.refusal(id) !== undefined)).toEqual([true, true, false]);
    expect(nodes.refusal('a')).toContain('the node a');
    await learn(nodes, 1, 'b');
    expect(['a', 'b'].map((id) => nodes.refusal(id) !== undefined)).toEqual([false, true]);
  });

  it('changes at once with what the hub tells, which is news only where it is not known', async () => {
    const nodes = standing();
    await learn(nodes, 0);
    expect(nodes.hear(change(true, 1))).toBe(true);
    expect(nodes.refusal('a')).toBeDefined();
    expect(nodes.hear(change(true, 2))).toBe(false);
    expect(nodes.hear(change(false, 3))).toBe(true);
    expect(nodes.refusal('a')).toBeUndefined();
  });

  it.each([true, false])(
    '(blocked: %p) is not undone by an answer that was asked for before',
    async (blocked) => {
      const nodes = standing();
      await learn(nodes, 0, ...(blocked ? [] : ['a']));
      const asked = nodes.ask();
      nodes.hear(change(blocked, 1));
      hub.say(2, ...(blocked ? [] : ['a']));
      await asked;
      expect(nodes.refusal('a') !== undefined).toBe(blocked);
      await learn(nodes, 3, ...(blocked ? [] : ['a']));
      expect(nodes.refusal('a') !== undefined).toBe(!blocked);
    },
  );

  it('is not undone by one that says again what was known before the question', async () => {
    const nodes = standing();
    await learn(nodes, 0, 'a');
    const asked = nodes.ask();
    expect(nodes.hear(change(true, 2))).toBe(false);
    hub.say(1);
    await asked;
    expect(nodes.refusal('a')).toBeDefined();
  });

  it('does not follow what is older than the last answer or the last change, and asks then', async () => {
    const nodes = standing();
    await learn(nodes, 10);
    expect(nodes.hear(change(true, 9))).toBe(true);
    expect(nodes.refusal('a')).toBeUndefined();
    nodes.hear(change(true, 20));
    expect(nodes.hear(change(false, 19))).toBe(true);
    expect(nodes.refusal('a')).toBeDefined();
  });

  it('stays where a question fails', async () => {
    const nodes = standing();
    await learn(nodes, 0, 'a');
    const asked = nodes.ask();
    hub.waiting.shift()?.fail(new Error('away'));
    await expect(asked).rejects.toThrow('away');
    expect(nodes.refusal('a')).toBeDefined();
  });

  it('keeps NODE_CHANGES_MAX changes between two answers, and learns of one more with the next', async () => {
    const nodes = standing();
    await learn(nodes, 0);
    for (let index = 1; index <= NODE_CHANGES_MAX + 1; index += 1)
      expect(nodes.hear(change(true, 1, `node-${index}`))).toBe(true);
    expect(nodes.refusal(`node-${NODE_CHANGES_MAX}`)).toBeDefined();
    expect(nodes.refusal(`node-${NODE_CHANGES_MAX + 1}`)).toBeUndefined();
    expect(nodes.hear(change(false, 2, 'node-1'))).toBe(true);
    expect(nodes.refusal('node-1')).toBeUndefined();
    await learn(nodes, 3, `node-${NODE_CHANGES_MAX + 1}`);
    expect(nodes.refusal(`node-${NODE_CHANGES_MAX + 1}`)).toBeDefined();
    expect(nodes.refusal(`node-${NODE_CHANGES_MAX}`)).toBeUndefined();
  });
});

describe('without news of the hub', () => {
  it('a signer that fails open goes on with what it knows, and says so after NODE_NEWS_MAX_AGE_MS', async () => {
    const nodes = standing();
    await learn(nodes, 0, 'a');
    clock.advance(NODE_NEWS_MAX_AGE_MS);
    expect([nodes.newsAgeMs(), nodes.isWithoutNews()]).toEqual([NODE_NEWS_MAX_AGE_MS, false]);
    clock.advance(1);
    expect(nodes.isWithoutNews()).toBe(true);
    expect([nodes.refusal('a') !== undefined, nodes.refusal('b')]).toEqual([true, undefined]);
  });

  it('a signer that fails closed signs for no node after NODE_NEWS_MAX_AGE_MS, until it hears again', async () => {
    const nodes = standing('closed');
    await learn(nodes, 0);
    clock.advance(NODE_NEWS_MAX_AGE_MS);
    expect(nodes.refusal('b')).toBeUndefined();
    clock.advance(1);
    expect(nodes.refusal('b')).toContain('without news');
    nodes.hear(change(false, 60_000, 'b'));
    expect(nodes.refusal('b')).toContain('without news');
    await learn(nodes, 60_001);
    expect([nodes.refusal('b'), nodes.isWithoutNews()]).toEqual([undefined, false]);
  });

  it('counts from the question, since the hub may have looked right after it', async () => {
    const nodes = standing();
    const asked = nodes.ask();
    clock.advance(1_000);
    hub.say(0);
    await asked;
    expect(nodes.newsAgeMs()).toBe(1_000);
  });

  it.each([
    ['open', false],
    ['closed', true],
  ] as const)('since the start: %s', (fail, refuses) => {
    const nodes = standing(fail);
    expect([nodes.refusal('a') !== undefined, nodes.isWithoutNews()]).toEqual([refuses, refuses]);
    clock.advance(NODE_NEWS_MAX_AGE_MS + 1);
    expect([nodes.refusal('a') !== undefined, nodes.isWithoutNews()]).toEqual([refuses, true]);
  });
});
