import { describe, expect, it } from '@jest/globals';
import type { z } from 'zod';
import {
  caip2,
  decimal,
  evmAddress,
  hex32,
  hexBytes,
  hexData,
  keyId,
  keystoreEntry,
  objectCid,
  slug,
  timestampMs,
  unixSeconds,
  uuidV7,
} from '../index.js';

const UUID = '019a0000-0000-7000-8000-000000000001';
const table: [string, z.ZodType, unknown[], unknown[]][] = [
  [
    'hex32',
    hex32,
    ['0a'.repeat(32)],
    ['0A'.repeat(32), '0a'.repeat(31), '0a'.repeat(33), `0x${'0a'.repeat(31)}`, 7],
  ],
  ['hexBytes', hexBytes, ['', '00ff'], ['0', 'FF', '0x00', 'zz', ' 00']],
  ['hexData', hexData, ['0x', '0x00ff'], ['', '00', '0x0', '0X00', '0xFF']],
  [
    'evmAddress',
    evmAddress,
    [`0x${'ab'.repeat(20)}`],
    [`0x${'AB'.repeat(20)}`, 'ab'.repeat(20), `0x${'ab'.repeat(21)}`],
  ],
  [
    'objectCid',
    objectCid,
    [`bafkreia${'2'.repeat(50)}4`, `bafybeih${'z'.repeat(50)}a`],
    [
      ...['', `bafkreia${'2'.repeat(50)}b`, `bafkreii${'2'.repeat(50)}4`, `bafkreia${'2'.repeat(49)}4`],
      ...[`bafkreia${'2'.repeat(51)}4`, `bafkreia${'1'.repeat(50)}4`, `bafyreia${'2'.repeat(50)}4`],
      ...[`BAFKREIA${'2'.repeat(50)}4`, `zb2rhe${'2'.repeat(43)}`, 7],
    ],
  ],
  [
    'decimal',
    decimal,
    ['0', '9', '1'.repeat(78)],
    ['', '00', '01', '-1', '+1', '1.0', '1e3', '1'.repeat(79), 1],
  ],
  [
    'uuidV7',
    uuidV7,
    [UUID],
    [
      UUID.replace('-7', '-4'),
      UUID.toUpperCase().replace('019A', '019F'),
      UUID.replace('-8', '-c'),
      `${UUID}0`,
    ],
  ],
  [
    'timestampMs',
    timestampMs,
    ['2026-06-01T12:00:00.000Z'],
    ['2026-06-01T12:00:00Z', '2026-06-01T12:00:00.000+00:00', '2026-06-01 12:00:00.000Z'],
  ],
  [
    'unixSeconds',
    unixSeconds,
    [0, Number.MAX_SAFE_INTEGER],
    [-1, 0.5, Number.MAX_SAFE_INTEGER + 1, '1', Number.NaN],
  ],
  [
    'caip2',
    caip2,
    ['eip155:8453'],
    ['eip155', 'eip155:', 'EIP155:1', 'eip155:1:2', `eip155:${'1'.repeat(33)}`],
  ],
  ['slug', slug, ['a', 'a-1', 'a'.repeat(64)], ['', '-a', 'a-', 'A', 'a_b', 'a.b', 'a'.repeat(65), 'a/../b']],
  ['keyId', keyId, ['k', 'a.b_c:d-1', 'k'.repeat(128)], ['', 'a b', 'a/b', 'ä', 'k'.repeat(129)]],
];

describe.each(table)('%s', (_name, schema, valid, invalid) => {
  it.each(valid)('takes %j', (value) => expect(schema.safeParse(value).success).toBe(true));
  it.each(invalid)('refuses %j', (value) => expect(schema.safeParse(value).success).toBe(false));
});

describe('keystoreEntry', () => {
  const entry = {
    kid: 'output-1',
    alg: 'ES256K',
    use: 'output',
    public_key: '02'.repeat(33),
    status: 'active',
    not_before: '2026-01-01T00:00:00Z',
    not_after: '2027-01-01T00:00:00.5Z',
  };

  it('takes an entry without its optional members', () => {
    expect(keystoreEntry.safeParse(entry).success).toBe(true);
  });

  it.each<[string, object]>([
    ['a private key', { private_key: '00'.repeat(32) }],
    ['another algorithm', { alg: 'RS256' }],
    ['another use', { use: 'everything' }],
    ['another status', { status: 'ACTIVE' }],
    ['a local time', { not_before: '2026-01-01T00:00:00' }],
    ['a key of 31 bytes', { public_key: '02'.repeat(31) }],
    ['a key of 34 bytes', { public_key: '02'.repeat(34) }],
  ])('refuses %s', (_name, change) => {
    expect(keystoreEntry.safeParse({ ...entry, ...change }).success).toBe(false);
  });
});
