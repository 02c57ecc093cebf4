import { describe, expect, it } from '@jest/globals';
import { canonicalJson } from '@touchstone/canonical-json';
import type { KeySet } from '@touchstone/contracts';
import { recordedOutput } from '../../../test/support/leaves.js';
import { commitmentEntry, keySetEntry } from './object-entry.js';

const keySetOf = (keys: number): KeySet => ({
  type: 'touchstone.key-set.v1',
  sequence: 1,
  keys: Array.from({ length: keys }, (_, index) => ({
    kid: `key-${index}`,
    alg: 'Ed25519' as const,
    use: 'witness' as const,
    name: 'n'.repeat(256),
    public_key: 'ab'.repeat(32),
    status: 'active' as const,
    not_before: '2026-01-01T00:00:00Z',
    not_after: '2030-01-01T00:00:00Z',
  })),
  previous: null,
});

describe('entries that are no batch', () => {
  it('are the canonical form of their object', () => {
    const { commitment } = recordedOutput('entry');
    expect(commitmentEntry(commitment, 'model-a')).toEqual({
      kind: 'commitment',
      text: canonicalJson(commitment),
      model: { modelVersionId: commitment.modelVersionId, modelId: 'model-a' },
    });
    expect(keySetEntry(keySetOf(2))).toEqual({ kind: 'key-set', text: canonicalJson(keySetOf(2)) });
  });

  it('are refused when they are longer than an entry may be', () => {
    expect(() => keySetEntry(keySetOf(200))).toThrow(/at most 65535/);
  });
});
