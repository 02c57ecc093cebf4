import { describe, expect, it } from '@jest/globals';
import { A, play, START_MS } from '../../test/support/play-heartbeats.js';
import { toldStatus, type NodeState } from './node.js';
import { noticeSilence } from './notice-silence.js';

const AFTER_MS = 50_000;
const [first] = play([[0, A]]);
const node = first?.node as NodeState;
const AT = new Date(START_MS + AFTER_MS).toISOString();

describe('a node that says nothing', () => {
  it('is left alone up to the limit', () => {
    expect(noticeSilence(node, START_MS + AFTER_MS, AFTER_MS)).toBeUndefined();
  });

  it.each([1, 1_000, 86_400_000])('is STALE since the limit, %i ms beyond it', (beyondMs) => {
    const found = noticeSilence(node, START_MS + AFTER_MS + beyondMs, AFTER_MS);
    expect(found).toMatchObject({
      node: { status: 'OK', staleSinceMs: START_MS + AFTER_MS, lastChangeMs: START_MS + AFTER_MS },
      entry: { number: 1, status: 'STALE', atMs: START_MS + AFTER_MS, attestation: null },
      previousStatus: 'OK',
      audit: [{ event: 'ATTESTATION_STALE', new_build: 'A', new_cap_prefix: 'a1a1a1a1', ts_utc: AT }],
    });
    expect(toldStatus(found?.node as NodeState)).toBe('STALE');
  });

  it('is told once', () => {
    const found = noticeSilence(node, START_MS + 2 * AFTER_MS, AFTER_MS)?.node as NodeState;
    expect(noticeSilence(found, START_MS + 3 * AFTER_MS, AFTER_MS)).toBeUndefined();
  });

  it('and never attested has no build to tell of', () => {
    const bare = play([[0, null]])[0]?.node as NodeState;
    expect(noticeSilence(bare, START_MS + 2 * AFTER_MS, AFTER_MS)?.audit).toMatchObject([
      { new_build: null, new_cap_prefix: null },
    ]);
  });
});
