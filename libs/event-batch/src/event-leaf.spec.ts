import { describe, expect, it } from '@jest/globals';
import { bytesToHex, sha256Text } from '@touchstone/crypto';
import { leafHash } from '@touchstone/merkle';
import {
  EventCollector,
  eventBatchFormats,
  eventLeaf,
  leafInTree,
  readEvent,
  rootOfLeaves,
} from './index.js';

const texts = Array.from({ length: 9 }, (_, index) => JSON.stringify({ id: `event-${index}`, n: index }));
const refusal = (reason: string): unknown => expect.objectContaining({ reason });

describe.each(eventBatchFormats)('leaves of %s', (format) => {
  const leaves = texts.map((text) => eventLeaf(format, readEvent(text).canonical));

  it.each([1, 2, 3, 5, 9])('give, %d of them, the root that their events give', (count) => {
    const collector = new EventCollector(format);
    for (const text of texts.slice(0, count)) collector.add(text);
    expect(bytesToHex(rootOfLeaves(format, leaves.slice(0, count)))).toBe(bytesToHex(collector.seal().root));
  });

  it('are SHA-256 of the event, with the prefix of version 2, and are hashed again in its tree', () => {
    const [text] = texts as [string];
    const prefix = format === 'event-batch-v2' ? 'touchstone.event.v2|' : '';
    const leaf = sha256Text(prefix + text);
    expect(leaves[0]).toEqual(leaf);
    expect(leafInTree(format, leaf)).toEqual(format === 'event-batch-v2' ? leafHash(leaf) : leaf);
  });

  it('have no root when there are none, or when one stands there twice, neighbours or not', () => {
    expect(() => rootOfLeaves(format, [])).toThrow(refusal('no-events'));
    for (const place of [1, 4])
      expect(() => rootOfLeaves(format, leaves.with(place, leaves[0] as Uint8Array))).toThrow(
        refusal('duplicate-leaf'),
      );
  });
});

it('an event of 64 bytes has a leaf of version 2 alone', () => {
  const canonical = JSON.stringify({ id: 'x'.repeat(64 - '{"id":""}'.length) });
  expect(() => eventLeaf('event-batch-v1', canonical)).toThrow(refusal('event-length-64'));
  expect(eventLeaf('event-batch-v2', canonical)).toHaveLength(32);
});
