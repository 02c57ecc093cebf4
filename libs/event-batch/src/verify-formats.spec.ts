import { describe, expect, it } from '@jest/globals';
import { createEd25519Signer, sha256Text, bytesToHex } from '@touchstone/crypto';
import { KEY_NAME_LENGTH_MAX, parseNote } from '@touchstone/merkle';
import {
  AT,
  entry,
  event,
  filesOf,
  keys,
  keysOf,
  NOW,
  signed,
  signer,
  type SignedBatch,
} from '../test/fixture.js';
import type { BatchFiles } from './verify-batch.js';
import {
  BATCH_EVENTS_MAX,
  type BatchKeys,
  eventBatchFormats,
  signatureText,
  SIGNATURE_FILE_BYTES_MAX,
  signBatch,
  verifyBatch,
} from './index.js';

const texts = ['c', 'a', 'e', 'b', 'd'].map((id) => event(id, { n: 1.5, text: 'é€😀' }));
const v1 = await signed('event-batch-v1', texts);
const v2 = await signed('event-batch-v2', texts);

const verdict = async (files: BatchFiles, by: BatchKeys = keys, nowMs = NOW): Promise<string> => {
  const result = await verifyBatch(files, by, nowMs);
  return result.ok ? 'ok' : result.reason;
};
/** The batch with another text of its file, and members of its signature changed; the proof says the same. */
const altered = (
  { batch, document }: SignedBatch,
  edit: (text: string) => string,
  more: object = {},
): BatchFiles => filesOf(edit(batch), { ...document, ...more });
const same = (text: string): string => text;

describe('version 1', () => {
  it('counts the events without a salt, whose hash can be guessed', async () => {
    const { files } = await signed('event-batch-v1', ['{"id":"a"}', event('b'), '{"id":"c","salt":"x"}']);
    expect(await verifyBatch(files, keys, NOW)).toMatchObject({ ok: true, guessable: 2 });
  });

  it('refuses an event of exactly 64 canonical bytes, which could be two hashes', async () => {
    const long = event('b'.repeat(64 - Buffer.byteLength(event(''))));
    expect(Buffer.byteLength(long)).toBe(64);
    await expect(signed('event-batch-v1', [long])).rejects.toMatchObject({ reason: 'event-length-64' });
    await expect(
      signed('event-batch-v1', [`${long.slice(0, -2)}é"}`.replace('bé', 'é')]),
    ).resolves.toBeDefined();
    const { batch, document } = await signed('event-batch-v2', [long]);
    expect(await verdict(filesOf(batch, document))).toBe('ok');
    const older = { ...document, format: 'event-batch-v1' as const, batch_ts: '2026-06-01T12:00:00Z' };
    const text = batch.replace('v2', 'v1').replace(document.batch_ts, older.batch_ts);
    expect(await verdict(filesOf(text, older))).toBe('event-length-64');
  });

  it.each(['', 'ab'.repeat(63), 'AB'.repeat(64), 'ab'.repeat(64), '00'.repeat(64)])(
    'refuses the signature "%s"',
    async (signature) => {
      expect(await verdict(altered(v1, same, { signature }))).toBe(
        signature === '' ? 'document-shape' : 'bad-signature',
      );
    },
  );
});

describe('version 2', () => {
  const note = v2.document.signature;
  const { batchId: _batchId, ...head } = { batchId: '', ...v2.document };
  const withNote = (signature: string): BatchFiles => filesOf(v2.batch, { ...head, signature });
  const noteHashOf = (text: string): string => {
    const parsed = parseNote(text);
    if (!parsed.ok) throw new Error(parsed.reason);
    return bytesToHex(sha256Text(parsed.note.text));
  };

  it.each<[string, string, string]>([
    ['no note', 'x', 'note-shape'],
    ['a note about something else', note.replace('touchstone.dev', 'elsewhere.dev'), 'note-shape'],
    ['a batch id that is none', note.replace('774b', '474b'), 'note-shape'],
    ['another root', note.replace(/5 [0-9a-f]{64}/, `5 ${'0'.repeat(64)}`), 'not-of-this-batch'],
    ['another count', note.replace('sha256 5', 'sha256 6'), 'not-of-this-batch'],
    ['another batch id', note.replace('a8057', 'a8058'), 'bad-signature'],
    ['another batch before it', note.replace('previous -', `previous ${'0'.repeat(64)}`), 'bad-signature'],
    ['a line of another name', note.replace('— batches.example', '— others.example'), 'bad-signature'],
  ])('refuses %s', async (_name, signature, reason) => {
    expect(await verdict(withNote(signature))).toBe(reason);
  });

  it('needs a key with a name', async () => {
    for (const name of [undefined, 'with\u0000control', 'x'.repeat(KEY_NAME_LENGTH_MAX + 1)])
      expect(await verdict(v2.files, keysOf(entry({ name } as never)))).toBe('key-without-name');
    expect(await verdict(v2.files, keysOf(entry({ name: 'x'.repeat(KEY_NAME_LENGTH_MAX) })))).toBe(
      'bad-signature',
    );
    expect(await verdict(v1.files, keysOf(entry({ name: undefined } as never)))).toBe('ok');
  });

  it('names the batch before it', async () => {
    const previous = noteHashOf(note);
    const later = await signed('event-batch-v2', texts, { atMs: AT + 1, previous });
    const first = { ...v2.files, previousSignature: null };
    const second = { ...later.files, previousSignature: signatureText(v2.document) };
    expect([await verdict(first), await verdict(second)]).toEqual(['ok', 'ok']);
    expect(await verdict({ ...second, previousSignature: null })).toBe('previous-mismatch');
    expect(await verdict({ ...first, previousSignature: signatureText(later.document) })).toBe(
      'previous-mismatch',
    );
    expect(await verdict({ ...second, previousSignature: signatureText(v1.document) })).toBe('note-shape');
  });

  it('belongs to a tenant', async () => {
    const tenant = '01890a5d-ac96-774b-bcce-b302099a8058';
    expect(await verdict({ ...v2.files, tenant })).toBe('not-of-this-batch');
    expect(await verdict({ ...v2.files, tenant: '-' })).toBe('ok');
  });
});

describe('limits of what is verified', () => {
  it('believes a leaf_count of at most BATCH_EVENTS_MAX', async () => {
    expect(await verdict(altered(v1, same, { leaf_count: BATCH_EVENTS_MAX }))).toBe('cut-off');
    expect(await verdict(altered(v1, same, { leaf_count: BATCH_EVENTS_MAX + 1 }))).toBe('document-shape');
  });

  it('reads SIGNATURE_FILE_BYTES_MAX of a signature', async () => {
    const text = signatureText(v1.document);
    const padding = ' '.repeat(SIGNATURE_FILE_BYTES_MAX - text.length);
    expect(await verdict({ ...v1.files, signature: `${text}${padding}` })).toBe('ok');
    expect(await verdict({ ...v1.files, signature: `${text}${padding} ` })).toBe('too-large');
  });
});

describe('signing', () => {
  it.each(eventBatchFormats)('refuses what a %s cannot hold', async (format) => {
    await expect(signed(format, [])).rejects.toMatchObject({ reason: 'no-events' });
    await expect(signed(format, [event('b'), event('a'), event('b')])).rejects.toMatchObject({
      reason: 'duplicate-leaf',
      message: expect.stringContaining('Events 1 and 3.'),
    });
    await expect(signed(format, [event('b', { n: 1 }), event('a'), event('b')])).rejects.toMatchObject({
      reason: 'duplicate-id',
    });
    await expect(signed(format, [event('a'), event('a'), event('b')])).rejects.toMatchObject({
      reason: 'duplicate-leaf',
    });
    await expect(signed(format, [event('b'), '[]'])).rejects.toMatchObject({
      reason: 'event-not-an-object',
      message: expect.stringContaining('Event 2.'),
    });
    await expect(signed(format, ['x'])).rejects.toMatchObject({
      reason: 'event-not-json',
      message: expect.stringContaining('Event 1: syntax'),
    });
    await expect(signed(format, [event('a')], { atMs: Date.UTC(10_000, 0) })).rejects.toMatchObject({
      reason: 'batch-time',
    });
  });

  it('releases nothing that its own key does not verify', async () => {
    const sealed = {
      format: 'event-batch-v1' as const,
      leafCount: 1,
      root: new Uint8Array(32),
      guessable: 0,
      texts: () => [],
    };
    const other = createEd25519Signer(new Uint8Array(32).fill(8));
    const signing = signBatch(sealed, { signer: { ...signer, sign: other.sign }, atMs: AT, batchId: '' });
    await expect(signing).rejects.toMatchObject({ reason: 'bad-signature' });
  });

  it('orders events by the UTF-8 bytes of their ids (R-BATCH-1)', async () => {
    const { batch } = await signed(
      'event-batch-v1',
      ['\u{1f600}', '\uff5e', 'b', 'B', 'é'].map((id) => event(id)),
    );
    const { events } = JSON.parse(batch) as { events: { id: string }[] };
    expect(events.map(({ id }) => id)).toEqual(['B', 'b', 'é', '\uff5e', '\u{1f600}']);
  });
});
