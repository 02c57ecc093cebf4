import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ed25519Secret, ed25519Verify } from '../test/ed25519-secret.js';
import {
  cosignNote,
  ed25519NoteSigner,
  ed25519NoteVerifier,
  formatNote,
  NOTE_BYTES_MAX,
  NOTE_SIGNATURES_MAX,
  NoteError,
  type NoteKey,
  noteKey,
  type NoteSigner,
  type NoteVerifier,
  parseNote,
  parseVerifierKey,
  signNote,
  verifyNote,
} from './index.js';

const refusal = (reason: string): unknown => expect.objectContaining({ reason });

interface Party {
  key: NoteKey;
  signer: NoteSigner;
  verifier: NoteVerifier;
}

function party(name: string, seedByte: number): Party {
  const { key, sign } = ed25519Secret(name, 'ed25519', seedByte);
  return { key, signer: ed25519NoteSigner(key, sign), verifier: ed25519NoteVerifier(key, ed25519Verify) };
}

const log = party('example.com/log', 1);
const other = party('example.com/other', 2);
const text = 'first line\n\nthird line\n';

// The example of the C2SP signed-note specification.
const PUBLISHED_KEY = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
const PUBLISHED_LINE =
  '— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';
const PUBLISHED_NOTE = `This is an example message.\n\n${PUBLISHED_LINE}`;

describe('parseNote', () => {
  const line = PUBLISHED_LINE;

  it('reads text with empty lines up to the last one', () => {
    const parsed = parseNote(`${text}\n${line}`);
    expect(parsed).toMatchObject({
      ok: true,
      note: { text, signatures: [{ name: 'example.com/foo', keyId: '530d903a' }] },
    });
    expect(parseNote(new TextEncoder().encode(`è\n\n${line}`))).toMatchObject({
      ok: true,
      note: { text: 'è\n' },
    });
  });

  it.each<[string, string | Uint8Array, string]>([
    ['nothing', '', 'no-separator'],
    ['text alone', 'text\n', 'no-separator'],
    ['no empty line', `text\n${line}`, 'no-separator'],
    ['no text at all', `\n${line}`, 'no-separator'],
    ['no signature lines', 'text\n\n', 'signature-line'],
    ['a missing final newline', `text\n\n${line.trimEnd()}`, 'no-final-newline'],
    ['text behind the signatures', `text\n\n${line}text\n`, 'signature-line'],
    ['a carriage return', `text\r\n\n${line}`, 'control-character'],
    ['a tab', `te\txt\n\n${line}`, 'control-character'],
    ['a NUL', `te\u0000xt\n\n${line}`, 'control-character'],
    ['a lone surrogate', `te\ud800xt\n\n${line}`, 'not-utf8'],
    ['bytes that are not UTF-8', Uint8Array.of(0xc0, 0xaf, 0x0a), 'not-utf8'],
    ['a hyphen for the dash', `text\n\n${line.replace('—', '-')}`, 'signature-line'],
    ['two spaces behind the dash', `text\n\n${line.replace('— ', '—  ')}`, 'signature-line'],
    ['a third part', `text\n\n${line.trimEnd()} x\n`, 'signature-line'],
    ['a trailing space', `text\n\n${line.trimEnd()} \n`, 'signature-line'],
    ['a name with a plus sign', `text\n\n${line.replace('foo', 'f+o')}`, 'signature-line'],
    ['no signature', 'text\n\n— example.com/foo\n', 'signature-line'],
    ['a key ID alone', 'text\n\n— example.com/foo Uw2QOg==\n', 'signature-line'],
    ['base64 without padding', `text\n\n${line.replace('=', '')}`, 'signature-line'],
    ['base64 with left-over bits', `text\n\n${line.replace('QM=', 'QN=')}`, 'signature-line'],
    ['base64url', `text\n\n${line.replace('yaQM', 'y-QM')}`, 'signature-line'],
  ])('refuses %s', (_name, note, reason) => {
    expect(parseNote(note)).toEqual({ ok: false, reason });
  });

  it('accepts the largest note and refuses one byte more', () => {
    const sized = (bytes: number): string => `${'x'.repeat(bytes - 2 - Buffer.byteLength(line))}\n\n${line}`;
    expect(parseNote(sized(NOTE_BYTES_MAX)).ok).toBe(true);
    expect(parseNote(sized(NOTE_BYTES_MAX + 1))).toEqual({ ok: false, reason: 'too-large' });
    const bytes = (note: string): Uint8Array => new TextEncoder().encode(note);
    expect(parseNote(bytes(sized(NOTE_BYTES_MAX))).ok).toBe(true);
    expect(parseNote(bytes(sized(NOTE_BYTES_MAX + 1)))).toEqual({ ok: false, reason: 'too-large' });
    expect(parseNote(sized(NOTE_BYTES_MAX).replace('x', 'é'))).toEqual({ ok: false, reason: 'too-large' });
  });

  it('accepts the most signatures and refuses one more', () => {
    const lines = (count: number): string =>
      Array.from({ length: count }, (_, at) => `— key${at} AAAAAAAA\n`).join('');
    expect(parseNote(`text\n\n${lines(NOTE_SIGNATURES_MAX)}`).ok).toBe(true);
    expect(parseNote(`text\n\n${lines(NOTE_SIGNATURES_MAX + 1)}`)).toEqual({
      ok: false,
      reason: 'too-many-signatures',
    });
    const equal = '— key AAAAAAAA\n'.repeat(NOTE_SIGNATURES_MAX);
    expect(parseNote(`text\n\n${equal}`).ok).toBe(true);
    expect(parseNote(`text\n\n${equal}— key AAAAAAAA\n`).ok).toBe(false);
  });

  it('round-trips with formatNote', () => {
    const signature = fc.record({
      name: fc.stringMatching(/^[a-z./]{1,20}$/),
      keyId: fc.stringMatching(/^[0-9a-f]{8}$/),
      signature: fc.uint8Array({ minLength: 1, maxLength: 100 }),
    });
    const signatures = fc.uniqueArray(signature, {
      minLength: 1,
      maxLength: 5,
      selector: ({ name }) => name,
    });
    const body = fc.array(fc.stringMatching(/^[ -~è€]*$/), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(body, signatures, (lines, signed) => {
        const note = { text: `${lines.join('\n')}\n`, signatures: signed };
        const written = formatNote(note);
        expect(parseNote(written)).toEqual({ ok: true, note });
        expect(parseNote(new TextEncoder().encode(written))).toEqual({ ok: true, note });
      }),
    );
  });

  it('never throws, whatever it reads', () => {
    const parts = ['\n', '\n\n', '— ', 'a', ' ', 'AAAAAAA=', 'AAAAAAAA', '\u0000', '\ud800', line];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...parts), { maxLength: 10 }), (chosen) => {
        const parsed = parseNote(chosen.join(''));
        if (parsed.ok) expect(formatNote(parsed.note)).toBe(chosen.join(''));
      }),
    );
  });
});

describe('verifyNote', () => {
  const published = parseVerifierKey(PUBLISHED_KEY);
  const publishedVerifier = ed25519NoteVerifier((published as { key: NoteKey }).key, ed25519Verify);

  it('accepts the published example', () => {
    expect(verifyNote(PUBLISHED_NOTE, [log.verifier, publishedVerifier])).toMatchObject({
      ok: true,
      value: { note: { text: 'This is an example message.\n' }, verified: [{ keyId: '530d903a' }] },
    });
  });

  it('ignores signatures of unknown keys, even with the name of a known one', async () => {
    const note = await signNote(text, [other.signer, log.signer]);
    const namesake = party(log.key.name, 9);
    expect(verifyNote(note, [log.verifier, namesake.verifier])).toMatchObject({
      value: { verified: [{ keyId: log.key.keyId }] },
    });
    expect(verifyNote(note, [namesake.verifier])).toEqual({ ok: false, reason: 'no-known-key' });
    expect(verifyNote(note, [])).toEqual({ ok: false, reason: 'no-known-key' });
  });

  it('counts equal lines once, and judges each of several lines of one key', async () => {
    const note = await signNote(text, [log.signer]);
    const [, own = ''] = /\n\n([^\n]*\n)$/.exec(note) ?? [];
    const forged = await signNote(text, [{ ...log.signer, sign: () => new Uint8Array(64) }]);
    const [, wrong = ''] = /\n\n([^\n]*\n)$/.exec(forged) ?? [];
    for (const lines of [own + wrong + own + wrong, wrong + own]) {
      expect(verifyNote(`${text}\n${lines}`, [log.verifier])).toMatchObject({
        ok: true,
        value: { verified: [{ keyId: log.key.keyId }], refuted: [{ keyId: log.key.keyId }] },
      });
    }
  });

  it('refuses a changed text; a bad signature of a known key condemns nothing but itself', async () => {
    const note = await signNote(text, [log.signer, other.signer]);
    expect(verifyNote(note, [log.verifier, other.verifier])).toMatchObject({ ok: true });
    expect(verifyNote(note.replace('first', 'First'), [log.verifier])).toEqual({
      ok: false,
      reason: 'bad-signature',
    });
    const forged = { ...other.signer, sign: () => new Uint8Array(64) };
    const mixed = await signNote(text, [log.signer, forged]);
    expect(verifyNote(mixed, [log.verifier, other.verifier])).toMatchObject({
      ok: true,
      value: { verified: [{ name: log.key.name }], refuted: [{ name: other.key.name }] },
    });
    expect(verifyNote(mixed, [other.verifier])).toEqual({ ok: false, reason: 'bad-signature' });
    expect(verifyNote('text', [log.verifier])).toEqual({ ok: false, reason: 'no-separator' });
  });

  it.each([0, 1, 63, 65])(
    'refuses an Ed25519 signature of %i bytes without asking for its verification',
    (length) => {
      const verifier = ed25519NoteVerifier(log.key, () => true);
      expect(verifier.verify(text, new Uint8Array(length))).toBe(false);
      expect(verifier.verify(text, new Uint8Array(64))).toBe(true);
    },
  );

  it('does not take a word for success', async () => {
    const wordy = { ...log.verifier, verify: () => 'bad-signature' as unknown as boolean };
    const note = await signNote(text, [log.signer]);
    expect(verifyNote(note, [wordy])).toEqual({ ok: false, reason: 'bad-signature' });
  });

  it('is not offered for keys that make cosignatures', () => {
    const key = noteKey('w', 'cosignatureV1', log.key.publicKey);
    expect(() => ed25519NoteVerifier(key, ed25519Verify)).toThrow(refusal('unsupported-algorithm'));
    expect(() => ed25519NoteSigner(key, () => new Uint8Array(64))).toThrow(refusal('unsupported-algorithm'));
  });
});

describe('signing notes', () => {
  it('adds a second signature behind the first', async () => {
    const note = await signNote(text, [log.signer]);
    const both = await cosignNote(note, [other.signer]);
    expect(both.startsWith(note)).toBe(true);
    expect(both).toBe(await signNote(text, [log.signer, other.signer]));
  });

  it('refuses what could not be read back', async () => {
    const note = await signNote(text, [log.signer]);
    await expect(cosignNote(note, [log.signer])).rejects.toThrow(refusal('duplicate-signature'));
    await expect(cosignNote('text\n', [log.signer])).rejects.toThrow(refusal('no-separator'));
    await expect(signNote('no newline', [log.signer])).rejects.toThrow(refusal('no-final-newline'));
    await expect(signNote('a\u0007\n', [log.signer])).rejects.toThrow(refusal('control-character'));
    await expect(signNote(text, [])).rejects.toThrow(NoteError);
    await expect(signNote(text, [{ ...log.signer, name: 'a b' }])).rejects.toThrow(refusal('signature-line'));
    await expect(signNote(text, [{ ...log.signer, keyId: 'xyz' }])).rejects.toThrow(refusal('key-format'));
    await expect(signNote('x'.repeat(NOTE_BYTES_MAX), [log.signer])).rejects.toThrow(NoteError);
    expect(new NoteError('origin', 'x').name).toBe('NoteError');
  });
});
