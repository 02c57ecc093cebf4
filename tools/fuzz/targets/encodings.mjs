import { strict as assert } from 'node:assert';
import {
  base64ToBytes,
  bytesToBase64,
  bytesToHex,
  formatSignature,
  hexToBytes,
  parseSignature,
  parseUtcTime,
} from '@touchstone/crypto';

const encoder = new TextEncoder();
const der =
  '3045022100d0f5d4b2e9d7b8f1c3a2e4f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a02207f0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';

/** What is read as hex, base64, signature or time is written back letter by letter, and is what Node reads. */
export const encodings = {
  name: 'encodings',
  covers: [
    '/libs/crypto/dist/hex',
    '/libs/crypto/dist/base64',
    '/libs/crypto/dist/der',
    '/libs/crypto/dist/signature-text',
    '/libs/crypto/dist/utc-time',
  ],
  dictionary: [
    '=',
    '==',
    '0x',
    '00',
    'ff',
    '3006',
    '0201',
    '022100',
    '+',
    '/',
    '-',
    '_',
    'T',
    'Z',
    '.000',
    '24:00:00',
    '02-29',
    ' ',
    '\n',
  ].map((token) => [...encoder.encode(token)]),
  bytesMax: 512,
  seeds: () =>
    [
      '',
      '00ff',
      'AAECAw==',
      'AAEC',
      'AAE=',
      der,
      'ab'.repeat(64),
      '3006020101020101',
      '2024-02-29T23:59:59.999Z',
      '1970-01-01T00:00:00Z',
    ].map((text) => encoder.encode(text)),
  run(bytes) {
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
    const fromHex = hexToBytes(text);
    if (fromHex) {
      assert.equal(bytesToHex(fromHex), text);
      assert.equal(Buffer.from(text, 'hex').toString('hex'), text);
    } else assert.notEqual(Buffer.from(text, 'hex').toString('hex'), text, 'hex that Node reads was refused');
    const fromBase64 = base64ToBytes(text);
    if (fromBase64) assert.equal(bytesToBase64(fromBase64), text);
    assert.equal(
      fromBase64 !== undefined,
      Buffer.from(text, 'base64').toString('base64') === text,
      'Node and we differ',
    );
    const signature = parseSignature(text);
    if ('compact' in signature) {
      assert.equal(signature.compact.length, 64);
      assert.equal(formatSignature(signature.compact, signature.format), text);
    }
    const time = parseUtcTime(text);
    if (time !== undefined) assert.equal(new Date(time).toISOString().slice(0, 19), text.slice(0, 19));
  },
};
