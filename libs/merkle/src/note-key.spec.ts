import { describe, expect, it } from '@jest/globals';
import { ed25519Secret } from '../test/ed25519-secret.js';
import { formatVerifierKey, isKeyName, KEY_NAME_LENGTH_MAX, noteKey, parseVerifierKey } from './index.js';

const refusal = (reason: string): unknown => expect.objectContaining({ reason });
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

// The example of the C2SP signed-note specification.
const PUBLISHED_KEY = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
const { publicKey } = ed25519Secret('example.com/log', 'ed25519', 1).key;

describe('verifier keys', () => {
  it('reads and writes the published example', () => {
    const parsed = parseVerifierKey(PUBLISHED_KEY);
    if (!parsed.ok) throw new Error(parsed.reason);
    expect(parsed.key).toMatchObject({ name: 'example.com/foo', keyId: '530d903a', algorithm: 'ed25519' });
    expect(formatVerifierKey(parsed.key)).toBe(PUBLISHED_KEY);
  });

  it('gives a key another ID for another use', () => {
    const cosigning = noteKey('example.com/log', 'cosignatureV1', publicKey);
    expect(cosigning.keyId).not.toBe(noteKey('example.com/log', 'ed25519', publicKey).keyId);
    expect(parseVerifierKey(formatVerifierKey(cosigning))).toEqual({ ok: true, key: cosigning });
  });

  it.each<[string, string, string]>([
    ['nothing', '', 'key-format'],
    ['two parts', 'example.com/foo+530d903a', 'key-format'],
    ['no name', PUBLISHED_KEY.replace('example.com/foo', ''), 'key-format'],
    ['a space in the name', PUBLISHED_KEY.replace('.com', ' com'), 'key-name'],
    ['an upper-case ID', PUBLISHED_KEY.replace('530d903a', '530D903A'), 'key-format'],
    ['a short ID', PUBLISHED_KEY.replace('530d903a', '530d90'), 'key-format'],
    ['another ID', PUBLISHED_KEY.replace('530d903a', '530d903b'), 'key-id-mismatch'],
    ['another name', PUBLISHED_KEY.replace('foo', 'fop'), 'key-id-mismatch'],
    ['a final newline', `${PUBLISHED_KEY}\n`, 'key-format'],
    ['base64 without padding', 'a+00000000+AQ', 'key-format'],
    ['base64 with left-over bits', 'a+00000000+AR==', 'key-format'],
    ['a short public key', `a+00000000+${base64(new Uint8Array(32).fill(1))}`, 'key-format'],
    ['ECDSA', `a+00000000+${base64(new Uint8Array(33).fill(2))}`, 'unsupported-algorithm'],
    ['empty key material', 'a+00000000+====', 'key-format'],
  ])('refuses %s', (_name, vkey, reason) => {
    expect(parseVerifierKey(vkey)).toEqual({ ok: false, reason });
  });

  it('refuses names and public keys that no signature line can carry', () => {
    const bad = [
      '',
      'a b',
      'a+b',
      'a\u00a0b',
      'a\u2003b',
      'a\u0085b',
      'a\u3000b',
      'a\nb',
      'a\u0001b',
      'a\ud800',
      'a'.repeat(KEY_NAME_LENGTH_MAX + 1),
    ];
    for (const name of bad) {
      expect(isKeyName(name)).toBe(false);
      expect(() => noteKey(name, 'ed25519', publicKey)).toThrow(refusal('key-name'));
    }
    expect(isKeyName('a'.repeat(KEY_NAME_LENGTH_MAX))).toBe(true);
    expect(isKeyName('quasimodo.example/è')).toBe(true);
    expect(() => noteKey('a', 'ed25519', new Uint8Array(31))).toThrow(refusal('key-format'));
  });
});
