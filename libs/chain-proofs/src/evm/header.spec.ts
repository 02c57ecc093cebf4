import { describe, expect, it } from '@jest/globals';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { filled, headerFields } from '../../test/synthetic-state.js';
import {
  EVM_HEADER_BYTES_MAX,
  EVM_HEADER_FIELDS_MAX,
  EVM_HEADER_FIELDS_MIN,
  evmHeaderFields,
  parseEvmHeader,
} from './header.js';
import { encodeRlp, type RlpItem } from './rlp.js';

const stateRoot = filled(32, 9);
const fields = headerFields(stateRoot);

/** The header with one field replaced. */
function withField(name: string, item: RlpItem): Uint8Array {
  const index = evmHeaderFields.findIndex((field) => field.name === name);
  return encodeRlp(fields.with(index, item));
}

describe('parseEvmHeader', () => {
  it('reads what a proof needs, and hashes exactly these bytes', () => {
    const headerRlp = encodeRlp(fields);
    expect(parseEvmHeader(headerRlp)).toEqual({
      hash: keccak_256(headerRlp),
      parentHash: filled(32, 1),
      stateRoot,
      number: 100n,
      timestamp: 1000n,
    });
  });

  it('reads headers with appended fields, those of forks to come included, to the limit and no more', () => {
    const extra = (count: number): RlpItem[] => Array.from({ length: count }, () => filled(32, 1));
    const room = EVM_HEADER_FIELDS_MAX - EVM_HEADER_FIELDS_MIN;
    for (const count of [1, 6, room])
      expect(parseEvmHeader(encodeRlp([...fields, ...extra(count)]))).toBeDefined();
    expect(parseEvmHeader(encodeRlp([...fields, ...extra(room + 1)]))).toBeUndefined();
  });

  it('refuses a header that lacks an original field, and one that carries a list', () => {
    expect(parseEvmHeader(encodeRlp(fields.slice(0, -1)))).toBeUndefined();
    expect(parseEvmHeader(encodeRlp([...fields, []]))).toBeUndefined();
  });

  it('reads a header to the size limit and no larger', () => {
    const room = EVM_HEADER_BYTES_MAX - encodeRlp(fields).length;
    // The longer text needs two bytes more for its own length.
    const extraData = filled(room - 2, 1);
    expect(withField('extraData', extraData)).toHaveLength(EVM_HEADER_BYTES_MAX);
    expect(parseEvmHeader(withField('extraData', extraData))).toBeDefined();
    expect(parseEvmHeader(withField('extraData', filled(room - 1, 1)))).toBeUndefined();
  });

  it.each<[string, string, RlpItem]>([
    ['parentHash', 'of 31 bytes', filled(31, 1)],
    ['parentHash', 'that is a list', []],
    ['stateRoot', 'of 33 bytes', filled(33, 1)],
    ['logsBloom', 'of 255 bytes', filled(255, 0)],
    ['number', 'with a leading zero', Uint8Array.of(0, 1)],
    ['number', 'of nine bytes', filled(9, 1)],
    ['number', 'that is a list', []],
    ['timestamp', 'that is one zero byte', Uint8Array.of(0)],
    ['difficulty', 'of 33 bytes', filled(33, 1)],
    ['extraData', 'that is a list', []],
    ['nonce', 'of seven bytes', filled(7, 0)],
  ])('refuses a %s %s', (name, _form, item) => {
    expect(parseEvmHeader(withField(name, item))).toBeUndefined();
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['a string', encodeRlp(filled(600, 1))],
    ['a byte after the header', Uint8Array.of(...encodeRlp(fields), 0)],
  ])('refuses %s', (_name, bytes) => {
    expect(parseEvmHeader(bytes)).toBeUndefined();
  });
});
