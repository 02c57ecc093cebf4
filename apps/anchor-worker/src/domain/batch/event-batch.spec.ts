import { describe, expect, it } from '@jest/globals';
import { eventBatchFormats, type BatchSigned } from '@touchstone/contracts';
import { sha256TextHex } from '@touchstone/crypto';
import { batchSignatureHash, formatRules } from '@touchstone/event-batch';
import { parseBatchEntry } from '@touchstone/evidence';
import { SignerDouble } from '@touchstone/testing';
import { eventBatch } from './event-batch.js';

const leaves = [1, 2, 3].map((byte) => byte.toString(16).padStart(64, '0'));
const place = { sealedAtMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678), nodeId: 'node-1' };

async function signed(format: BatchSigned['format']): Promise<BatchSigned> {
  const signer = new SignerDouble();
  await signer.client('attestation-hub').call('signer', 'sign-batch', { format, leaves });
  return signer.batches[0] as BatchSigned;
}

describe.each(eventBatchFormats)('the log entry of %s', (format) => {
  it('states tree, tenant and signature of the batch (protocol section 6)', async () => {
    const batch = await signed(format);
    const { leafFormat, treeProfile } = formatRules[format];
    const { text, sealedAt } = eventBatch(batch, place);
    expect(parseBatchEntry(text)).toEqual({
      ok: true,
      entry: {
        type: 'touchstone.batch.v1',
        batchId: batch.batchId,
        kind: 'event',
        leafFormat,
        treeProfile,
        leafCount: 3,
        root: batch.root,
        scope: { tenant: batch.tenant },
        sealedAt: '2026-01-02T03:04:05.678Z',
        nodeId: 'node-1',
        signature: batchSignatureHash({
          ...{ format, batch_ts: batch.batchTs, merkle_root: batch.root, signature: batch.signature },
        }),
      },
    });
    expect(sealedAt).toBe('2026-01-02T03:04:05.678Z');
    if (format === 'event-batch-v2') expect(text).toContain(sha256TextHex(batch.signature));
  });

  it.each<[string, (batch: BatchSigned) => Partial<BatchSigned>]>([
    ['a leaf less', ({ leaves: all }) => ({ leaves: all.slice(1) })],
    ['another order', ({ leaves: all }) => ({ leaves: all.toReversed() })],
    ['another root', () => ({ root: '00'.repeat(32) })],
    ['another count', () => ({ leafCount: 4 })],
    ['a leaf twice', ({ leaves: all }) => ({ leaves: [...all, ...all] })],
  ])('is not made with %s', async (_what, change) => {
    const batch = await signed(format);
    expect(() => eventBatch({ ...batch, ...change(batch) }, place)).toThrow(
      expect.objectContaining({ code: 'validation-failed' }),
    );
  });
});
