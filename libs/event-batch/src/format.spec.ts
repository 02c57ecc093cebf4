import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { event, keys, NOW, signed, signer, AT, BATCH_ID } from '../test/fixture.js';
import { batchStamp, batchTimeOfStamp, formatBatchTime, formatOfBatchTime, readBatchTime } from './format.js';
import {
  BATCH_EVENTS_MAX,
  batchMessage,
  EventCollector,
  type EventTexts,
  eventBatchFormats,
  noteHash,
  signBatch,
  verifyBatch,
} from './index.js';

const sha256 = (...parts: (Uint8Array | string)[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** The tree of R-BATCH-2 as one would write it on paper. */
function rootV1(leaves: Buffer[]): Buffer {
  if (leaves.length === 1) return leaves[0] as Buffer;
  const pairs = leaves.flatMap((left, index) =>
    index % 2 === 0 ? [sha256(left, leaves[index + 1] ?? left)] : [],
  );
  return rootV1(pairs);
}

/** RFC 9162, section 2.1.1, over leaf hashes. */
function rootV2(leaves: Buffer[]): Buffer {
  if (leaves.length === 1) return leaves[0] as Buffer;
  let split = 1;
  while (2 * split < leaves.length) split *= 2;
  return sha256(Uint8Array.of(1), rootV2(leaves.slice(0, split)), rootV2(leaves.slice(split)));
}

const ids = Array.from({ length: 40 }, (_, index) => `id-${String(index).padStart(3, '0')}`);
const canonical = (id: string): string => `{"id":"${id}","salt":"uP0W3b1nq6mA9k2sQe7xZg"}`;

describe('the bytes of each format (R-BATCH-7: they never change)', () => {
  it.each([1, 2, 3, 5, 8, 11, 40])(
    'version 1 of %d events: leaves, root and message (R-BATCH-1, R-BATCH-2)',
    async (count) => {
      const some = ids.slice(0, count);
      const { document } = await signed(
        'event-batch-v1',
        [...some].reverse().map((id) => event(id)),
      );
      const root = rootV1(some.map((id) => sha256(canonical(id)))).toString('hex');
      expect(document).toMatchObject({
        merkle_root: root,
        batch_ts: '2026-06-01T12:00:00Z',
        leaf_count: count,
      });
      expect(Buffer.from(batchMessage(root, document.batch_ts)).toString()).toBe(
        `${root}|2026-06-01T12:00:00Z`,
      );
      expect(document.signature).toBe(
        Buffer.from(signer.sign(Buffer.from(`${root}|2026-06-01T12:00:00Z`)) as Uint8Array).toString('hex'),
      );
    },
  );

  it.each([1, 2, 3, 5, 8, 11, 40])('version 2 of %d events: leaves, root and note', async (count) => {
    const some = ids.slice(0, count);
    const { document } = await signed(
      'event-batch-v2',
      [...some].reverse().map((id) => event(id)),
    );
    const leaves = some.map((id) => sha256(Uint8Array.of(0), sha256(`touchstone.event.v2|${canonical(id)}`)));
    const root = rootV2(leaves).toString('hex');
    const body = `touchstone.dev/event-batch/v2\nbatch ${BATCH_ID}\ntenant -\ntree rfc9162-sha256 ${count} ${root}\ntime 2026-06-01T12:00:00.000Z\nprevious -\n`;
    expect(document.signature.startsWith(`${body}\n— batches.example `)).toBe(true);
    expect(noteHash(document.signature)).toBe(sha256(body).toString('hex'));
  });

  it('old and new verify side by side, each under its own rules alone (R-BATCH-7)', async () => {
    const texts = ids.map((id) => event(id));
    for (const format of eventBatchFormats) {
      const { files, batch, document } = await signed(format, texts);
      expect(await verifyBatch(files, keys, NOW)).toMatchObject({ ok: true, signature: { format } });
      const claimed = eventBatchFormats.find((other) => other !== format);
      const batchTs = formatBatchTime(claimed as never, AT);
      const relabelled = { ...document, format: claimed, batch_ts: batchTs };
      const result = await verifyBatch(
        {
          batch: [Buffer.from(batch.replace(format, claimed as string).replace(document.batch_ts, batchTs))],
          signature: JSON.stringify(relabelled),
        },
        keys,
        NOW,
      );
      expect(result).toMatchObject({ ok: false, reason: 'root-mismatch' });
    }
  });
});

describe('times of batches', () => {
  it('have the precision of their format, and names of files that sort', () => {
    const atMs = Date.parse('2025-10-29T12:00:00.123Z');
    expect(eventBatchFormats.map((format) => formatBatchTime(format, atMs))).toEqual([
      '2025-10-29T12:00:00Z',
      '2025-10-29T12:00:00.123Z',
    ]);
    expect(batchStamp('2025-10-29T12:00:00Z')).toBe('20251029T120000Z');
    expect(batchStamp('2025-10-29T12:00:00.123Z')).toBe('20251029T120000123Z');
    for (const text of ['2025-10-29T12:00:00Z', '2025-10-29T12:00:00.123Z'])
      expect(batchTimeOfStamp(batchStamp(text))).toBe(text);
    expect(['20251029T1200Z', '20250230T120000Z', 'x', '20251029T12000012Z'].map(batchTimeOfStamp)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(readBatchTime('event-batch-v2', '2025-10-29T12:00:00Z')).toBeUndefined();
    expect(readBatchTime('event-batch-v1', '2025-10-29T24:00:00Z')).toBeUndefined();
    expect(['2025-10-29T12:00:00Z', '2025-10-29T12:00:00.000Z', '2025-10-29'].map(formatOfBatchTime)).toEqual(
      ['event-batch-v1', 'event-batch-v2', undefined],
    );
  });
});

describe('collecting events', () => {
  it('takes BATCH_EVENTS_MAX and no more', () => {
    const collector = new EventCollector('event-batch-v1');
    Object.defineProperty(collector, 'ids', { value: new Array(BATCH_EVENTS_MAX - 1).fill('0') });
    Object.defineProperty(collector, 'leaves', { value: new Uint8Array(BATCH_EVENTS_MAX * 32) });
    collector.add(event('a'));
    expect(collector.size).toBe(BATCH_EVENTS_MAX);
    expect(() => collector.add(event('b'))).toThrow(expect.objectContaining({ reason: 'too-many-events' }));
  });

  it('passes on what its store says', () => {
    const broken: EventTexts = {
      append: () => {
        throw new Error('the disk is full');
      },
      read: () => new Uint8Array(),
    };
    expect(() => new EventCollector('event-batch-v1', broken).add(event('a'))).toThrow('the disk is full');
  });

  it('counts what can be guessed, and grows with its events', async () => {
    const collector = new EventCollector('event-batch-v2');
    for (let index = 0; index < 3000; index += 1) collector.add(`{"id":"${index}"}`);
    const sealed = collector.seal();
    expect(sealed).toMatchObject({ leafCount: 3000, guessable: 3000 });
    const document = await signBatch(sealed, { signer, atMs: AT, batchId: BATCH_ID, tenant: BATCH_ID });
    expect(document.signature).toContain(`\ntenant ${BATCH_ID}\n`);
  });
});
