import { describe, expect, it } from '@jest/globals';
import { LOG_INDEX_MAX, type BatchSealed } from '@touchstone/contracts';
import { bytesToHex } from '@touchstone/crypto';
import { parseBatchEntry } from '@touchstone/evidence';
import { LogWorld, ORIGIN } from '../../../test/support/log-world.js';
import { otherLeaf } from '../../../test/support/output-parts.js';
import { readAnchor, readBatch, readCheckpointMessage, readEntry, readOutput } from './read-messages.js';

const world = new LogWorld();

describe('outputs', () => {
  it('keeps the message as canonical JSON with its leaf', () => {
    const { body } = world.output();
    const output = readOutput(body);
    expect(JSON.parse(output.record)).toEqual(body);
    expect(output.leaf).toHaveLength(32);
  });

  it('refuses a proof whose signature is not strict', () => {
    const { body } = world.output();
    const proof = { ...body.proof, signature: '30'.repeat(70) };
    expect(() => readOutput({ ...body, proof })).toThrow('strict signature');
  });
});

describe('entries', () => {
  it('takes the largest place and refuses the next', () => {
    expect(readEntry({ logIndex: `${LOG_INDEX_MAX}`, entry: '{}' }, true).logIndex).toBe(LOG_INDEX_MAX);
    expect(() => readEntry({ logIndex: `${LOG_INDEX_MAX + 1n}`, entry: '{}' }, true)).toThrow('above');
  });

  it('refuses a NUL, which no database text can hold', () => {
    expect(() => readEntry({ logIndex: '0', entry: '\0' }, true)).toThrow('NUL');
  });
});

describe('batches', () => {
  const sealed = world.batchSealed([world.output()], [1, 2].map(otherLeaf)).body;
  const changed = (change: Partial<Record<string, unknown>>): BatchSealed => {
    const parsed = parseBatchEntry(sealed.entry);
    if (!parsed.ok) throw new Error(parsed.detail);
    const members = Object.entries({ ...parsed.entry, ...change }).sort(([left], [right]) =>
      left < right ? -1 : 1,
    );
    return { ...sealed, entry: JSON.stringify(Object.fromEntries(members)) };
  };

  it('takes one whose leaves give the root of its entry', () => {
    const reading = readBatch(sealed);
    expect(reading).toMatchObject({ ok: true, value: { batchId: sealed.batchId } });
    expect(reading.ok && reading.value.leaves.map(bytesToHex)).toEqual(sealed.leaves);
  });

  it.each([
    ['a missing leaf', { ...sealed, leaves: sealed.leaves.slice(1) }],
    ['leaves in another order', { ...sealed, leaves: [...sealed.leaves].reverse() }],
    ['another batch id', { ...sealed, batchId: '019a0000-0000-7000-8000-000000000001' }],
    ['another count in the entry', changed({ leafCount: 2 })],
    ['another profile in the entry', changed({ treeProfile: 'event-batch-v1' })],
    ['another leaf format in the entry', changed({ leafFormat: 'event-v2' })],
    ['another kind in the entry', changed({ kind: 'event' })],
    ['another spelling of the entry', { ...sealed, entry: ` ${sealed.entry}` }],
    ['an entry that is no batch', { ...sealed, entry: '{}' }],
  ])('refuses %s', (_what, body) => {
    expect(readBatch(body)).toMatchObject({ ok: false });
  });
});

describe('checkpoints', () => {
  it('takes a note of the log', async () => {
    world.entryAppended('{}');
    const { body } = await world.checkpointPublished();
    const reading = readCheckpointMessage(body, ORIGIN);
    expect(reading.ok && bytesToHex(reading.value.root)).toBe(body.root);
  });

  it.each([
    ['another size', { size: '9' }],
    ['another root', { root: '00'.repeat(32) }],
    ['another origin', { origin: 'other' }],
    ['no note', { note: 'note' }],
    ['a note without signature', { note: 'log.example/touchstone\n1\n\n' }],
  ])('refuses a message with %s', async (_what, change) => {
    const { body } = await world.checkpointPublished();
    expect(readCheckpointMessage({ ...body, ...change }, ORIGIN)).toMatchObject({ ok: false });
  });

  it('refuses another log and the empty one', async () => {
    const other = await world.checkpointPublished({ origin: 'other.log' });
    expect(readCheckpointMessage(other.body, ORIGIN)).toMatchObject({ ok: false });
    const empty = await world.checkpointPublished({ size: 0 });
    expect(readCheckpointMessage(empty.body, ORIGIN)).toMatchObject({ ok: false });
  });
});

describe('anchors', () => {
  it('takes a finalized one and refuses weaker ones', async () => {
    const { body } = world.anchorFinal(await world.checkpointPublished());
    expect(readAnchor(body)).toMatchObject({ ok: true });
    for (const level of ['soft', 'safe'] as const)
      expect(readAnchor({ ...body, level })).toMatchObject({ ok: false });
  });
});
