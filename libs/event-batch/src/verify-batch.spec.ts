import { describe, expect, it } from '@jest/globals';
import { bytesToHex, createEd25519Signer } from '@touchstone/crypto';
import { AT, entry, event, filesOf, keys, keysOf, NOW, signed, type SignedBatch } from '../test/fixture.js';
import type { BatchFiles } from './verify-batch.js';
import { type BatchKeys, proofText, verifyBatch } from './index.js';

const DAY_MS = 86_400_000;
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

describe.each([v1, v2])('a signed batch: $document.format', (batch) => {
  const { document } = batch;

  it('verifies from its files alone (R-BATCH-4, R-BATCH-7)', async () => {
    const result = await verifyBatch(batch.files, keys, NOW);
    expect(result).toEqual({ ok: true, signature: document, guessable: 0 });
    expect(await verdict({ batch: batch.files.batch, signature: batch.files.signature })).toBe('ok');
  });

  it('verifies whatever the spelling and the order of members of its file', async () => {
    const { events, ...head } = JSON.parse(batch.batch) as { events: object[] };
    const respelled = JSON.stringify({ events, ...head }, null, 3).replaceAll('1.5', '15e-1');
    expect(await verdict(altered(batch, () => respelled))).toBe('ok');
  });

  it('is told how far it has come, and reads pieces of any size', async () => {
    const counts: number[] = [];
    const bytes = Buffer.from(batch.batch);
    async function* pieces() {
      for (const byte of bytes) yield Uint8Array.of(byte);
    }
    const files = { ...batch.files, batch: pieces() };
    expect(await verifyBatch(files, keys, NOW, (count) => counts.push(count))).toMatchObject({ ok: true });
    expect(counts.at(-1)).toBe(5);
  });

  it('passes the errors of its source on', async () => {
    const broken: Iterable<Uint8Array> = {
      [Symbol.iterator]: () => {
        throw new Error('the disk is gone');
      },
    };
    await expect(verifyBatch({ ...batch.files, batch: broken }, keys, NOW)).rejects.toThrow(
      'the disk is gone',
    );
  });

  const line = (id: string): string =>
    batch.batch.split('\n').find((text) => text.includes(`"id":"${id}"`)) as string;
  const other = { leaf_count: 4, merkle_root: '0'.repeat(64) };
  it.each<[string, BatchFiles, string]>([
    ['cut off in the file', altered(batch, (text) => text.slice(0, -40)), 'cut-off'],
    ['cut off behind an event', altered(batch, (text) => text.replace(`,\n${line('e')}`, '')), 'cut-off'],
    [
      'an event left out, and its count',
      altered(
        batch,
        (text) => text.replace(`,\n${line('e')}`, '').replace('"leaf_count":5', '"leaf_count":4'),
        { leaf_count: 4 },
      ),
      'root-mismatch',
    ],
    [
      'an event added',
      altered(batch, (text) => text.replace('\n]}', `,\n${event('f')}\n]}`)),
      'too-many-events',
    ],
    ['an event edited', altered(batch, (text) => text.replace('1.5', '1.6')), 'root-mismatch'],
    [
      'a root edited',
      altered(batch, (text) => text.replace(document.merkle_root, other.merkle_root), {
        merkle_root: other.merkle_root,
      }),
      'root-mismatch',
    ],
    ['no events', altered(batch, (text) => text.replace(/\[[^]*\]/, '[]')), 'no-events'],
    [
      'the last event twice (CVE-2012-2459)',
      altered(
        batch,
        (text) =>
          text
            .replace(`${line('e')}`, `${line('e')},\n${line('e')}`)
            .replace('"leaf_count":5', '"leaf_count":6'),
        { leaf_count: 6 },
      ),
      'duplicate-leaf',
    ],
    [
      'two events of one id',
      altered(batch, (text) => text.replace('"id":"b","n":1.5', '"id":"a","n":2')),
      'duplicate-id',
    ],
    ['events out of order', altered(batch, (text) => text.replace('"id":"b"', '"id":"z"')), 'out-of-order'],
    [
      'an inner node in place of events',
      altered(batch, (text) => text.replace(line('a'), `"${'ab'.repeat(32)}",`)),
      'event-not-an-object',
    ],
    ['an event without an id', altered(batch, (text) => text.replace('"id":"a"', '"Id":"a"')), 'event-id'],
    [
      'an event with a name twice',
      altered(batch, (text) => text.replace('"n":1.5', '"id":"q"')),
      'event-not-json',
    ],
    [
      'a later date in the batch alone',
      altered(batch, (text) => text.replace(/"batch_ts":"2026/, '"batch_ts":"2027')),
      're-dated',
    ],
    [
      'a later date in the signature alone',
      altered(batch, same, { batch_ts: document.batch_ts.replace(':00:00', ':00:01') }),
      're-dated',
    ],
    ['a later date in the name of the file', { ...batch.files, batchTs: '2026-06-01T12:00:01Z' }, 're-dated'],
    ['a date of another form', altered(batch, same, { batch_ts: '2026-06-01 12:00:00Z' }), 'batch-time'],
    [
      'another kid in the batch',
      altered(batch, (text) => text.replace('"kid":"batch-1"', '"kid":"batch-2"')),
      'not-of-this-batch',
    ],
    [
      'another format in the batch',
      altered(batch, (text) =>
        text.replace(/"event-batch-v\d"/, `"event-batch-v${document.format === 'event-batch-v1' ? 2 : 1}"`),
      ),
      'not-of-this-batch',
    ],
    [
      'a format that is none',
      altered(batch, (text) => text.replace(/event-batch-v\d/, 'event-batch-v3')),
      'unknown-format',
    ],
    ['a member more', altered(batch, (text) => text.replace('"kid"', '"x":1,"kid"')), 'document-shape'],
    ['another algorithm', altered(batch, same, { alg: 'ES256K' }), 'algorithm'],
    ['an algorithm that is no text', altered(batch, same, { alg: 1 }), 'document-shape'],
    [
      'a signature of a format that is none',
      altered(batch, same, { format: 'event-batch-v3' }),
      'unknown-format',
    ],
    ['a signature with a member more', altered(batch, same, { x: 1 }), 'document-shape'],
    ['a signature file that is cut off', { ...batch.files, signature: '{"format"' }, 'cut-off'],
    ['a signature file that is no object', { ...batch.files, signature: '[]' }, 'document-shape'],
    ['a signature file without members', { ...batch.files, signature: '{}' }, 'document-shape'],
    ['a signature file that is no JSON', { ...batch.files, signature: '{x}' }, 'not-json'],
    ['a proof without the batch', { ...batch.files, proof: '[]' }, 'not-in-proof'],
    [
      'a proof with another root',
      {
        ...batch.files,
        proof: proofText([
          { batch_ts: document.batch_ts, merkle_root: other.merkle_root, leaf_count: 5, prev_root: null },
        ]),
      },
      'not-in-proof',
    ],
    [
      'a proof that regressed',
      {
        ...batch.files,
        earlierProof: proofText([
          {
            batch_ts: '2026-01-01T00:00:00Z',
            merkle_root: other.merkle_root,
            leaf_count: 5,
            prev_root: null,
          },
        ]),
      },
      'proof-regressed',
    ],
  ])('is refused with %s', async (_name, files, reason) => {
    expect(await verdict(files)).toBe(reason);
  });

  it('is re-dated everywhere only by a signature that then fails', async () => {
    const batchTs = document.batch_ts.replace(':00:00', ':00:01');
    const files = altered(batch, (text) => text.replace(document.batch_ts, batchTs), { batch_ts: batchTs });
    // The note of version 2 carries its time itself.
    expect(await verdict(files)).toBe(document.format === 'event-batch-v1' ? 'bad-signature' : 're-dated');
    const signature = document.signature.replace(document.batch_ts, batchTs);
    expect(
      await verdict(
        altered(batch, (text) => text.replace(document.batch_ts, batchTs), { batch_ts: batchTs, signature }),
      ),
    ).toBe('bad-signature');
  });

  it.each<[string, Parameters<typeof entry>[0], number, string]>([
    ['still active', {}, NOW, 'ok'],
    ['retiring', { status: 'retiring' }, Date.parse('2026-12-31T00:00:00Z') + 7 * DAY_MS, 'ok'],
    ['retired', { status: 'retired' }, Date.parse('2026-12-31T00:00:00Z') + 7 * DAY_MS + 1, 'key-retired'],
    ['revoked', { status: 'revoked', revoked_at: '2026-06-01T12:00:30Z' }, NOW, 'key-revoked'],
    [
      'revoked, and compromised before now',
      { status: 'revoked', revoked_at: '2026-06-01T12:00:30Z', compromised_since: '2026-06-01T12:00:20Z' },
      NOW,
      'key-revoked',
    ],
    ['of a later time', { status: 'pending', not_before: '2026-06-02T00:00:00Z' }, NOW, 'key-not-yet-valid'],
    ['of an earlier time', { status: 'retiring', not_after: '2026-05-31T12:00:00Z' }, NOW, 'key-expired'],
    ['of another use', { use: 'checkpoint' }, NOW, 'other-use'],
    ['unknown', { kid: 'batch-2' }, NOW, 'unknown-key'],
    ['stated as retired', { status: 'retired' }, NOW, 'key-status'],
    [
      'another one',
      { public_key: bytesToHex(createEd25519Signer(new Uint8Array(32).fill(8)).publicKey) },
      NOW,
      'bad-signature',
    ],
    ['of a verifier whose clock is behind', {}, AT - 300_001, 'declared-in-the-future'],
    ['of a verifier whose clock is a little behind', {}, AT - 300_000, 'ok'],
  ])('is judged by a key that is %s (R-BATCH-4)', async (_name, changes, nowMs, expected) => {
    expect(await verdict(batch.files, keysOf(entry(changes), nowMs), nowMs)).toBe(expected);
  });
});
