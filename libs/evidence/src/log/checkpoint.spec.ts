import { describe, expect, it } from '@jest/globals';
import { bytesToHex, createEd25519Signer, sha256, sha256Text } from '@touchstone/crypto';
import { ed25519NoteSigner, formatCheckpointText, noteKey, signNote } from '@touchstone/merkle';
import { cosigned } from '../../test/witnesses.js';
import { fixture, ORIGIN } from '../../test/fixture.js';
import { anchoredCommitment, committedText, readCheckpoint } from '../index.js';

const text = formatCheckpointText({ origin: ORIGIN, size: 8n, root: new Uint8Array(32), extensions: [] });
const signerOf = (seed: number, name = ORIGIN) => {
  const signer = createEd25519Signer(new Uint8Array(32).fill(seed));
  return ed25519NoteSigner(noteKey(name, 'ed25519', signer.publicKey), (message) => signer.sign(message));
};

describe('readCheckpoint', () => {
  it('reads origin and size whoever signed', async () => {
    const note = await signNote(text, [signerOf(1)]);
    expect(readCheckpoint(note)).toMatchObject({ origin: ORIGIN, size: 8n });
  });

  it.each<[string, () => string | Promise<string>]>([
    ['no note', () => text],
    ['empty', () => ''],
    ['a note whose text is no checkpoint', () => signNote('hello\n', [signerOf(1)])],
  ])('has none of what is %s', async (_what, note) => {
    expect(readCheckpoint(await note())).toBeUndefined();
  });
});

describe('anchoredCommitment', () => {
  it('is the hash of the note with the one line of the log, whatever witnesses add later', async () => {
    const { bundle } = await fixture();
    const note = bundle.logProofs[0]?.checkpoint ?? '';
    const [witnessed] = (await cosigned(bundle, 2)).logProofs;
    expect(witnessed?.checkpoint).not.toBe(note);
    const commitment = sha256(new TextEncoder().encode(note));
    expect(anchoredCommitment(note)).toEqual(commitment);
    expect(anchoredCommitment(witnessed?.checkpoint ?? '')).toEqual(commitment);
  });

  it.each<[string, () => string | Promise<string>]>([
    ['two lines of the log', () => signNote(text, [signerOf(1), signerOf(2)])],
    ['no line of the log', () => signNote(text, [signerOf(1, 'another.example')])],
    ['no checkpoint', () => 'hello'],
  ])('is undefined with %s', async (_what, note) => {
    expect(anchoredCommitment(await note())).toBeUndefined();
  });
});

describe('committedText', () => {
  it('is the text that has the commitment, of the line that was anchored', async () => {
    const [first, second] = await Promise.all([signNote(text, [signerOf(1)]), signNote(text, [signerOf(2)])]);
    const both = await signNote(text, [signerOf(1), signerOf(2)]);
    for (const note of [first, second]) {
      expect(committedText(note, bytesToHex(sha256Text(note)))).toBe(note);
      expect(committedText(both, bytesToHex(sha256Text(note)))).toBe(note);
    }
  });

  it('is none for another commitment, and of what is no checkpoint', async () => {
    const note = await signNote(text, [signerOf(1)]);
    expect(committedText(note, '00'.repeat(32))).toBeUndefined();
    expect(committedText(text, bytesToHex(sha256Text(text)))).toBeUndefined();
  });
});
