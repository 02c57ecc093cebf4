import { describe, expect, it } from '@jest/globals';
import { buildEventBatchTree } from './event-batch-tree.js';
import { buildTree } from './rfc9162-tree.js';
import { eventBatchRoot, rfc9162Root, type RootAccumulator } from './root-accumulator.js';
import { leafHashOfText } from './tree-hash.js';

const leaves = Array.from({ length: 130 }, (_, index) => leafHashOfText(`leaf ${index}`));
const rootOf = (accumulator: RootAccumulator, hashes: readonly Uint8Array[]): Uint8Array => {
  for (const hash of hashes) accumulator.push(hash);
  return accumulator.root();
};

describe('a root of leaves that come one by one', () => {
  it('is that of the whole tree, after every leaf', () => {
    const event = eventBatchRoot();
    const log = rfc9162Root();
    for (const [index, leaf] of leaves.entries()) {
      event.push(leaf);
      log.push(leaf);
      const soFar = leaves.slice(0, index + 1);
      expect(event.size).toBe(soFar.length);
      expect(event.root()).toEqual(buildEventBatchTree(soFar).root);
      expect(log.root()).toEqual(buildTree(soFar).root);
    }
  });

  it.each([eventBatchRoot, rfc9162Root])('does not exist without leaves: %p', (make) => {
    expect(() => make().root()).toThrow(expect.objectContaining({ reason: 'empty-tree' }));
    expect(() => make().push(new Uint8Array(31))).toThrow(expect.objectContaining({ reason: 'hash-length' }));
  });

  it('refuses a repeated tail, which the padding would give the same root (CVE-2012-2459)', () => {
    const [a, b, c, d, e, f] = leaves as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    const refused = expect.objectContaining({ reason: 'equal-siblings' });
    expect(() => rootOf(eventBatchRoot(), [a, b, c, c])).toThrow(refused);
    expect(() => rootOf(eventBatchRoot(), [a, b, c, d, e, f, e, f])).toThrow(refused);
    expect(() => rootOf(eventBatchRoot(), [a, b, c, d, e, f, e, f, a])).toThrow(refused);
    expect(rootOf(rfc9162Root(), [a, b, c, c])).not.toEqual(rootOf(rfc9162Root(), [a, b, c]));
  });
});
