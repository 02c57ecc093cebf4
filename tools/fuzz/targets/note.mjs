import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import {
  formatCheckpointText,
  formatNote,
  formatVerifierKey,
  noteKey,
  parseCheckpointText,
  parseNote,
  parseVerifierKey,
  verifyNote,
  ed25519NoteVerifier,
} from '@touchstone/merkle';
import { ed25519Verify } from '@touchstone/crypto';
import { anchoredCommitment, readCheckpoint } from '@touchstone/evidence';

const encoder = new TextEncoder();
const root = createHash('sha256').update('root').digest('base64');
const key = noteKey('log.example/x', 'ed25519', new Uint8Array(32).fill(7));
const line = (name, id) =>
  `\u2014 ${name} ${Buffer.concat([Buffer.from(id, 'hex'), Buffer.alloc(64, 1)]).toString('base64')}\n`;
const texts = [
  `log.example/x\n8\n${root}\n\n${line('log.example/x', key.keyId)}`,
  `log.example/x\n18446744073709551615\n${root}\nextension\n\n${line('log.example/x', key.keyId)}${line('w', '01020304')}`,
  `text\n\nmore\n\n${line('a', '00000000')}`,
];
const verifier = ed25519NoteVerifier(
  key,
  (message, signature, publicKey) => ed25519Verify(message, signature, publicKey) === 'ok',
);

/** What is read as a note, checkpoint or verifier key is written back letter by letter, and nothing throws. */
export const note = {
  name: 'note',
  covers: ['/libs/merkle/dist/', '/libs/crypto/dist/base64', '/libs/evidence/dist/log/checkpoint'],
  dictionary: [
    '\n\n',
    '\n',
    '\u2014 ',
    ' ',
    '+',
    '==',
    '=',
    '18446744073709551616',
    '0',
    'log.example/x',
    key.keyId,
    formatVerifierKey(key),
    '\u00a0',
    '\u0000',
  ].map((token) => [...encoder.encode(token)]),
  bytesMax: 4_096,
  seeds: () => [...texts, formatVerifierKey(key)].map((text) => encoder.encode(text)),
  run(bytes) {
    const read = parseNote(bytes);
    let text;
    try {
      text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      assert.equal(read.ok, false, 'invalid UTF-8 was read');
      return;
    }
    assert.deepEqual(parseNote(text), read, 'text and bytes are read differently');
    const vkey = parseVerifierKey(text);
    if (vkey.ok) assert.equal(formatVerifierKey(vkey.key), text);
    assert.equal(verifyNote(bytes, [verifier]).ok, false, 'a signature of nobody verifies');
    if (!read.ok) {
      assert.equal(readCheckpoint(text), undefined);
      return;
    }
    assert.equal(formatNote(read.note), text, 'another note is written back');
    const checkpoint = parseCheckpointText(read.note.text);
    if (checkpoint.ok) assert.equal(formatCheckpointText(checkpoint.checkpoint), read.note.text);
    assert.deepEqual(readCheckpoint(text), checkpoint.ok ? checkpoint.checkpoint : undefined);
    const commitment = anchoredCommitment(text);
    assert.ok(commitment === undefined || commitment.length === 32);
  },
};
