import type { KeystoreEntry } from '@touchstone/contracts';
import type { TrustFile } from '../../src/index.js';
import type { GoldenCase } from './golden-case.js';

/** Tensors of requests. */
export function tensorCases(): GoldenCase[] {
  const tensor = (datatype: string, data: unknown[], shape: number[] = [data.length], name = 'x') => ({
    name,
    datatype,
    shape,
    data,
  });
  const lists: [string, unknown[]][] = [
    ['FP32', [tensor('FP32', [0, 1.5, 16, -0.1])]],
    ['FP16 to the nearest even', [tensor('FP16', [2049, 65504])]],
    ['INT64 as decimal strings', [tensor('INT64', ['-9223372036854775808', 1])]],
    ['BOOL', [tensor('BOOL', [true, false])]],
    ['BYTES', [tensor('BYTES', ['é', ''])]],
    [
      'names sort by their UTF-8 bytes',
      [tensor('UINT8', [1], [1], '\uffff'), tensor('UINT8', [2], [1], '\ud83d\ude00')],
    ],
    ['an empty tensor', [tensor('FP32', [], [0, 4])]],
    ['beyond FP32', [tensor('FP32', [1e39])]],
    ['beyond UINT8', [tensor('UINT8', [256])]],
    ['a fraction as an integer', [tensor('INT32', [1.5])]],
    ['fewer elements than the shape asks for', [tensor('FP32', [1, 2], [3])]],
    ['one name twice', [tensor('UINT8', [1]), tensor('UINT8', [1])]],
    ['a negative size', [tensor('UINT8', [], [-1])]],
  ];
  return lists.map(([name, tensors]) => ({ name, input: { tensors } }));
}

/** Times of a key. */
export function keyStateCases({ keys }: TrustFile): GoldenCase[] {
  const { domains: _domains, ...active } = keys[0] as TrustFile['keys'][number];
  const june = '2026-06-01T00:00:00Z';
  const state = (
    name: string,
    key: Partial<KeystoreEntry>,
    at = june,
    declared = june,
    trusted = june,
    now = trusted,
  ): GoldenCase => ({
    name,
    input: { key: { ...active, ...key }, at, declared, trusted, now },
  });
  const stolen = {
    status: 'revoked',
    revoked_at: '2026-05-02T00:00:00Z',
    compromised_since: '2026-05-01T00:00:00Z',
  } as const;
  return [
    state('active', {}),
    state('the last moment', {}, '2027-01-01T00:00:00Z', '2027-01-01T00:00:00Z', '2027-01-08T00:00:00Z'),
    state(
      'retiring: seven days later it is too late',
      { status: 'retiring' },
      '2027-01-08T00:00:00Z',
      '2027-01-01T00:00:00Z',
      '2027-01-08T00:00:01Z',
    ),
    state(
      'retired',
      { status: 'retired' },
      '2027-02-01T00:00:00Z',
      '2026-12-31T00:00:00Z',
      '2026-12-31T00:00:00Z',
    ),
    state(
      'pending',
      { status: 'pending' },
      '2025-12-31T23:59:59Z',
      '2025-12-31T23:59:59Z',
      '2025-12-31T23:59:59Z',
    ),
    state('declared before the key was valid', {}, june, '2025-12-31T23:59:59Z'),
    state('declared after the trusted time', {}, june, '2026-06-01T00:05:01Z', june, '2026-07-01T00:00:00Z'),
    state('declared in the future', {}, june, '2026-06-01T00:05:01Z', june),
    state('within the clock difference', {}, june, '2026-06-01T00:05:00Z', june),
    state(
      'revoked, proven to be older than the theft',
      stolen,
      june,
      '2026-04-01T00:00:00Z',
      '2026-04-30T23:59:59Z',
    ),
    state('revoked, not proven to be older', stolen, june, '2026-04-01T00:00:00Z', '2026-05-01T00:00:00Z'),
    state(
      'revoked without a time of the theft',
      { status: 'revoked', revoked_at: '2026-05-02T00:00:00Z' },
      june,
      '2026-04-01T00:00:00Z',
      '2026-04-01T00:00:00Z',
    ),
    state('a stated status that contradicts the times', { status: 'retired' }),
  ];
}
