import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { BATCH_ID, event, signed } from '../test/fixture.js';
import { batchSignatureHash, readBatchNote } from './index.js';

const sha256 = (...parts: (Uint8Array | string)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

describe('the hash of a signature in the log entry of its batch (protocol section 6)', () => {
  it('is over message and signature in version 1', async () => {
    const { document } = await signed('event-batch-v1', [event('a'), event('b')]);
    const { merkle_root, batch_ts, signature } = document;
    expect(batchSignatureHash(document)).toBe(
      sha256(`${merkle_root}|${batch_ts}`, Buffer.from(signature, 'hex')),
    );
  });

  it('is over the whole signed note in version 2', async () => {
    const { document } = await signed('event-batch-v2', [event('a'), event('b')]);
    expect(batchSignatureHash(document)).toBe(sha256(document.signature));
  });

  it.each(['', '00'.repeat(63), 'AB'.repeat(64), 'zz'.repeat(64)])('is none of "%s"', async (signature) => {
    const { document } = await signed('event-batch-v1', [event('a')]);
    expect(() => batchSignatureHash({ ...document, signature })).toThrow(
      expect.objectContaining({ reason: 'bad-signature' }),
    );
  });
});

describe('a note that nobody has verified', () => {
  it('says of which batch it is', async () => {
    const { document } = await signed('event-batch-v2', [event('a'), event('b')]);
    expect(readBatchNote(document.signature)).toEqual({
      batchId: BATCH_ID,
      tenant: '-',
      leafCount: 2,
      root: document.merkle_root,
      batchTs: document.batch_ts,
      previous: null,
    });
    for (const text of ['', document.merkle_root, document.signature.replace('\ntree ', '\ntrees ')])
      expect(() => readBatchNote(text)).toThrow(expect.objectContaining({ reason: 'note-shape' }));
  });
});
