import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import {
  type Checkpoint,
  CHECKPOINT_EXTENSIONS_MAX,
  checkpointCommitment,
  cosignatureSigner,
  cosignatureTimestamp,
  cosignatureVerifier,
  cosignNote,
  ed25519NoteSigner,
  ed25519NoteVerifier,
  type Ed25519Sign,
  type Ed25519Verify,
  formatCheckpointText,
  KEY_NAME_LENGTH_MAX,
  leafHash,
  logSignedCheckpoint,
  type NoteAlgorithm,
  type NoteKey,
  noteKey,
  openCheckpoint,
  parseCheckpointText,
  parseNote,
  signNote,
  TREE_SIZE_MAX,
} from './index.js';

const refusal = (reason: string): unknown => expect.objectContaining({ reason });

const ed25519Verify: Ed25519Verify = (message, signature, publicKey) => {
  const key = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url') },
    format: 'jwk',
  });
  return verify(null, message, key, signature);
};

function secretOf(
  name: string,
  algorithm: NoteAlgorithm,
  seedByte: number,
): { key: NoteKey; sign: Ed25519Sign } {
  const pkcs8 = Buffer.concat([
    Buffer.from('302e020100300506032b657004220420', 'hex'),
    Buffer.alloc(32, seedByte),
  ]);
  const secret = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  const { x = '' } = createPublicKey(secret).export({ format: 'jwk' });
  return {
    key: noteKey(name, algorithm, new Uint8Array(Buffer.from(x, 'base64url'))),
    sign: (message) => new Uint8Array(sign(null, message, secret)),
  };
}

const ORIGIN = 'example.com/behind-the-sofa';
const ROOT = 'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=';
// The text of the example of C2SP tlog-checkpoint.
const PUBLISHED = `${ORIGIN}\n20852163\n${ROOT}\n`;

const logSecret = secretOf(ORIGIN, 'ed25519', 1);
const witnessSecret = secretOf('witness.example.com/w1', 'cosignatureV1', 2);
const log = ed25519NoteVerifier(logSecret.key, ed25519Verify);
const logSigner = ed25519NoteSigner(logSecret.key, logSecret.sign);
const witness = cosignatureVerifier(witnessSecret.key, ed25519Verify);
const witnessSigner = cosignatureSigner(witnessSecret.key, witnessSecret.sign, 1679315147n);

describe('checkpoint text', () => {
  it('reads and writes the published example', () => {
    const parsed = parseCheckpointText(PUBLISHED);
    if (!parsed.ok) throw new Error(parsed.reason);
    expect(parsed.checkpoint).toMatchObject({ origin: ORIGIN, size: 20852163n, extensions: [] });
    expect(Buffer.from(parsed.checkpoint.root).toString('base64')).toBe(ROOT);
    expect(formatCheckpointText(parsed.checkpoint)).toBe(PUBLISHED);
  });

  it('reads the empty log, the largest log and extension lines', () => {
    expect(parseCheckpointText(`o\n0\n${ROOT}\n`)).toMatchObject({ checkpoint: { size: 0n } });
    expect(parseCheckpointText(`o\n${TREE_SIZE_MAX}\n${ROOT}\n`)).toMatchObject({
      checkpoint: { size: TREE_SIZE_MAX },
    });
    expect(parseCheckpointText(`${PUBLISHED}one\ntwo \n`)).toMatchObject({
      checkpoint: { extensions: ['one', 'two '] },
    });
  });

  it.each<[string, string, string]>([
    ['nothing', '', 'no-final-newline'],
    ['a newline', '\n', 'origin'],
    ['a missing final newline', PUBLISHED.trimEnd(), 'no-final-newline'],
    ['an empty origin', PUBLISHED.replace(ORIGIN, ''), 'origin'],
    ['two lines', `${ORIGIN}\n20852163\n`, 'root'],
    ['one line', `${ORIGIN}\n`, 'tree-size'],
    ['a leading zero', PUBLISHED.replace('2085', '02085'), 'tree-size'],
    ['two zeros', PUBLISHED.replace('20852163', '00'), 'tree-size'],
    ['a sign', PUBLISHED.replace('2085', '+2085'), 'tree-size'],
    ['a negative size', PUBLISHED.replace('2085', '-2085'), 'tree-size'],
    ['a hexadecimal size', PUBLISHED.replace('2085', '0x2085'), 'tree-size'],
    ['a space behind the size', PUBLISHED.replace('2163', '2163 '), 'tree-size'],
    ['digits of another script', PUBLISHED.replace('20852163', '٢'), 'tree-size'],
    ['a size above 2^64 - 1', PUBLISHED.replace('20852163', `${TREE_SIZE_MAX + 1n}`), 'tree-size'],
    ['a size of 21 digits', PUBLISHED.replace('20852163', '1'.repeat(21)), 'tree-size'],
    ['a short root', PUBLISHED.replace(ROOT, 'AAAA'), 'root'],
    ['an empty root', PUBLISHED.replace(ROOT, ''), 'root'],
    ['a root without padding', PUBLISHED.replace('q2I=', 'q2I'), 'root'],
    ['a root with left-over bits', PUBLISHED.replace('q2I=', 'q2J='), 'root'],
    ['an empty extension line', `${PUBLISHED}\n`, 'extension-line'],
    ['an empty line between extensions', `${PUBLISHED}a\n\nb\n`, 'extension-line'],
  ])('refuses %s', (_name, text, reason) => {
    expect(parseCheckpointText(text)).toEqual({ ok: false, reason });
  });

  it('accepts the longest origin and the most extensions, and refuses one more', () => {
    const origin = (length: number): string => PUBLISHED.replace(ORIGIN, 'o'.repeat(length));
    expect(parseCheckpointText(origin(KEY_NAME_LENGTH_MAX)).ok).toBe(true);
    expect(parseCheckpointText(origin(KEY_NAME_LENGTH_MAX + 1))).toEqual({ ok: false, reason: 'origin' });
    const extended = (count: number): string => `${PUBLISHED}${'x\n'.repeat(count)}`;
    expect(parseCheckpointText(extended(CHECKPOINT_EXTENSIONS_MAX)).ok).toBe(true);
    expect(parseCheckpointText(extended(CHECKPOINT_EXTENSIONS_MAX + 1))).toEqual({
      ok: false,
      reason: 'extension-line',
    });
  });

  it('round-trips', () => {
    const checkpoints = fc.record({
      origin: fc.stringMatching(/^[a-z./]{1,30}$/),
      size: fc.bigInt({ min: 0n, max: TREE_SIZE_MAX }),
      root: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      extensions: fc.array(fc.stringMatching(/^[ -~]{1,20}$/), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(checkpoints, (checkpoint) => {
        expect(parseCheckpointText(formatCheckpointText(checkpoint))).toEqual({ ok: true, checkpoint });
      }),
    );
  });

  it.each<[string, Partial<Checkpoint>, string]>([
    ['an empty origin', { origin: '' }, 'origin'],
    ['an origin with a newline', { origin: 'a\n1' }, 'root'],
    ['an origin that smuggles a size and a root', { origin: `a\n1\n${ROOT}` }, 'origin'],
    ['an origin with a control character', { origin: 'a\u0001' }, 'control-character'],
    ['a negative size', { size: -1n }, 'tree-size'],
    ['a short root', { root: new Uint8Array(31) }, 'root'],
    ['an extension with a newline', { extensions: ['a\nb'] }, 'origin'],
    ['an empty extension', { extensions: [''] }, 'extension-line'],
  ])('is not written for %s', (_name, change, reason) => {
    const checkpoint = {
      origin: ORIGIN,
      size: 1n,
      root: leafHash(Uint8Array.of(1)),
      extensions: [],
      ...change,
    };
    expect(() => formatCheckpointText(checkpoint)).toThrow(refusal(reason));
  });
});

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

  it('refuses a checkpoint that only a witness has signed', async () => {
    const note = await signNote(PUBLISHED, [witnessSigner]);
    expect(openCheckpoint(note, log, [witness])).toEqual({ ok: false, reason: 'no-log-signature' });
    expect(openCheckpoint(note, log)).toEqual({ ok: false, reason: 'no-known-key' });
  });

  it('refuses a witness signature that does not verify', async () => {
    const forged = { ...witnessSigner, sign: () => new Uint8Array(72) };
    const note = await signNote(PUBLISHED, [logSigner, forged]);
    expect(openCheckpoint(note, log, [witness])).toEqual({ ok: false, reason: 'bad-signature' });
    expect(openCheckpoint(note, log)).toMatchObject({ ok: true });
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

describe('the commitment of a checkpoint', () => {
  it('is the hash of the text with the log’s own signature and no other', async () => {
    const note = await signNote(PUBLISHED, [logSigner]);
    const cosigned = await cosignNote(note, [witnessSigner]);
    const parsed = parseNote(cosigned);
    if (!parsed.ok) throw new Error(parsed.reason);
    expect(logSignedCheckpoint(parsed.note, log)).toBe(note);
    expect(checkpointCommitment(note, log)).toEqual({
      ok: true,
      commitment: new Uint8Array(createHash('sha256').update(note).digest()),
    });
    expect(checkpointCommitment(cosigned, log)).toEqual({ ok: false, reason: 'not-only-the-log' });
  });

  it('does not exist for a note that the log has not signed', async () => {
    const note = await signNote(PUBLISHED, [witnessSigner]);
    expect(checkpointCommitment(note, log)).toEqual({ ok: false, reason: 'not-only-the-log' });
    expect(checkpointCommitment('text', log)).toEqual({ ok: false, reason: 'no-separator' });
    const parsed = parseNote(note);
    if (!parsed.ok) throw new Error(parsed.reason);
    expect(() => logSignedCheckpoint(parsed.note, log)).toThrow(refusal('no-log-signature'));
  });
});
