import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { ed25519Secret, ed25519Verify } from '../test/ed25519-secret.js';
import {
  checkpointCommitments,
  cosignatureSigner,
  cosignatureTimestamp,
  cosignatureVerifier,
  cosignNote,
  ed25519NoteSigner,
  ed25519NoteVerifier,
  openCheckpoint,
  parseCheckpointText,
  parseNote,
  signNote,
} from './index.js';

const refusal = (reason: string): unknown => expect.objectContaining({ reason });

const ORIGIN = 'example.com/behind-the-sofa';
// The text of the example of C2SP tlog-checkpoint.
const PUBLISHED = `${ORIGIN}\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n`;

const logSecret = ed25519Secret(ORIGIN, 'ed25519', 1);
const witnessSecret = ed25519Secret('witness.example.com/w1', 'cosignatureV1', 2);
const log = ed25519NoteVerifier(logSecret.key, ed25519Verify);
const logSigner = ed25519NoteSigner(logSecret.key, logSecret.sign);
const witness = cosignatureVerifier(witnessSecret.key, ed25519Verify);
const witnessSigner = cosignatureSigner(witnessSecret.key, witnessSecret.sign, 1679315147n);

describe('cosignatures', () => {
  it('sign the time and the text of the checkpoint', async () => {
    const note = await cosignNote(await signNote(PUBLISHED, [logSigner]), [witnessSigner]);
    const opened = openCheckpoint(note, log, [witness]);
    if (!opened.ok) throw new Error(opened.reason);
    const [line] = opened.value.cosignatures;
    expect(line?.name).toBe('witness.example.com/w1');
    expect(cosignatureTimestamp(line?.signature ?? new Uint8Array())).toBe(1679315147n);
    const message = Buffer.from(`cosignature/v1\ntime 1679315147\n${PUBLISHED}`);
    expect(
      ed25519Verify(message, line?.signature.subarray(8) ?? new Uint8Array(), witnessSecret.key.publicKey),
    ).toBe(true);
  });

  it('do not verify for another time or another text', async () => {
    const signature = await witnessSigner.sign(PUBLISHED);
    expect(witness.verify(PUBLISHED, signature)).toBe(true);
    expect(witness.verify(PUBLISHED.replace('2085', '2086'), signature)).toBe(false);
    const later = Uint8Array.from(signature);
    later[7] = (later[7] as number) + 1;
    expect(witness.verify(PUBLISHED, later)).toBe(false);
  });

  it.each([0, 64, 71, 73])('are refused with %i bytes', (length) => {
    expect(cosignatureTimestamp(new Uint8Array(length))).toBeUndefined();
    expect(cosignatureVerifier(witnessSecret.key, () => true).verify(PUBLISHED, new Uint8Array(length))).toBe(
      false,
    );
  });

  it('carry times up to 2^63 - 1 and no later one', async () => {
    const latest = (1n << 63n) - 1n;
    const signature = await cosignatureSigner(witnessSecret.key, witnessSecret.sign, latest).sign(PUBLISHED);
    expect(cosignatureTimestamp(signature)).toBe(latest);
    expect(witness.verify(PUBLISHED, signature)).toBe(true);
    expect(cosignatureTimestamp(new Uint8Array(72).fill(0x80))).toBeUndefined();
    for (const time of [-1n, latest + 1n]) {
      expect(() => cosignatureSigner(witnessSecret.key, witnessSecret.sign, time)).toThrow(
        refusal('timestamp'),
      );
    }
  });

  it('are not made or verified with a key for plain signatures', () => {
    expect(() => cosignatureVerifier(logSecret.key, ed25519Verify)).toThrow(refusal('unsupported-algorithm'));
    expect(() => cosignatureSigner(logSecret.key, logSecret.sign, 1n)).toThrow(
      refusal('unsupported-algorithm'),
    );
  });
});

describe('openCheckpoint', () => {
  it('opens a checkpoint that its log has signed', async () => {
    const note = await signNote(PUBLISHED, [logSigner]);
    expect(openCheckpoint(note, log)).toMatchObject({
      ok: true,
      value: { checkpoint: { origin: ORIGIN, size: 20852163n }, note: { text: PUBLISHED }, cosignatures: [] },
    });
  });

  it('opens what was read from a note as it opens the note itself', async () => {
    const foreign = PUBLISHED.replace('sofa', 'bed');
    const notes = await Promise.all([
      signNote(PUBLISHED, [logSigner, witnessSigner]),
      signNote(PUBLISHED, [witnessSigner]),
      signNote(foreign, [logSigner]),
      signNote(PUBLISHED, [{ ...logSigner, sign: () => new Uint8Array(64) }]),
    ]);
    const answers = notes.map((text) => {
      const parsed = parseNote(text);
      const read = parsed.ok ? parseCheckpointText(parsed.note.text) : parsed;
      if (!parsed.ok || !read.ok) throw new Error('not a checkpoint');
      const opened = openCheckpoint({ note: parsed.note, checkpoint: read.checkpoint }, log, [witness]);
      expect(opened).toEqual(openCheckpoint(text, log, [witness]));
      return opened.ok ? 'opened' : opened.reason;
    });
    expect(answers).toEqual(['opened', 'no-log-signature', 'origin', 'bad-signature']);
  });

  it('refuses a checkpoint that only a witness has signed', async () => {
    const note = await signNote(PUBLISHED, [witnessSigner]);
    expect(openCheckpoint(note, log, [witness])).toEqual({ ok: false, reason: 'no-log-signature' });
    expect(openCheckpoint(note, log)).toEqual({ ok: false, reason: 'no-known-key' });
  });

  it('opens with a witness signature that does not verify, and names it', async () => {
    const forged = { ...witnessSigner, sign: () => new Uint8Array(72) };
    const note = await signNote(PUBLISHED, [logSigner, forged]);
    expect(openCheckpoint(note, log, [witness])).toMatchObject({
      ok: true,
      value: { cosignatures: [], refuted: [{ name: witness.name }] },
    });
    expect(openCheckpoint(note, log)).toMatchObject({ ok: true, value: { refuted: [] } });
    const unsigned = await signNote(PUBLISHED, [forged]);
    expect(openCheckpoint(unsigned, log, [witness])).toEqual({ ok: false, reason: 'bad-signature' });
  });

  it('refuses a forged signature of the log beside the true one of a witness', async () => {
    const forged = { ...logSigner, sign: () => new Uint8Array(64) };
    const note = await signNote(PUBLISHED, [forged, witnessSigner]);
    expect(openCheckpoint(note, log, [witness])).toEqual({ ok: false, reason: 'bad-signature' });
    const another = await signNote(PUBLISHED, [{ ...forged, keyId: '00000001' }, witnessSigner]);
    expect(openCheckpoint(another, log, [witness])).toEqual({ ok: false, reason: 'no-log-signature' });
  });

  it('refuses the checkpoint of another origin, and a note that is no checkpoint', async () => {
    const foreign = await signNote(PUBLISHED.replace('sofa', 'bed'), [logSigner]);
    expect(openCheckpoint(foreign, log)).toEqual({ ok: false, reason: 'origin' });
    expect(openCheckpoint(await signNote('hello\n', [logSigner]), log)).toEqual({
      ok: false,
      reason: 'tree-size',
    });
  });
});

describe('what an anchor may commit to', () => {
  const commitmentsOf = (text: string): string[] => {
    const parsed = parseNote(text);
    const read = parsed.ok ? parseCheckpointText(parsed.note.text) : parsed;
    if (!parsed.ok || !read.ok) throw new Error('not a checkpoint');
    const written = { note: parsed.note, checkpoint: read.checkpoint };
    return checkpointCommitments(written).map((bytes) => Buffer.from(bytes).toString('hex'));
  };
  const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex');

  it('is the hash of the text with one line under the log’s own name', async () => {
    const note = await signNote(PUBLISHED, [logSigner]);
    expect(commitmentsOf(note)).toEqual([sha256Hex(note)]);
    expect(commitmentsOf(await cosignNote(note, [witnessSigner]))).toEqual([sha256Hex(note)]);
    expect(commitmentsOf(await signNote(PUBLISHED, [witnessSigner]))).toEqual([]);
  });

  it('is one hash for each different line, whoever wrote it', async () => {
    const note = await signNote(PUBLISHED, [logSigner]);
    const another = await signNote(PUBLISHED, [{ ...logSigner, keyId: '00000001' }]);
    const [line = '', other = ''] = [note, another].map((text) => text.slice(PUBLISHED.length + 1));
    const both = `${PUBLISHED}\n${other}${line}${other}`;
    expect(commitmentsOf(both)).toEqual([sha256Hex(another), sha256Hex(note)]);
  });
});
