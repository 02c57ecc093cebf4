import { RLP } from '@ethereumjs/rlp';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeRlp, encodeRlp, RLP_BYTES_MAX, RLP_DEPTH_MAX, type RlpItem } from './rlp.js';

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (value: Uint8Array) => Buffer.from(value).toString('hex');

/** A readable form: bytes as hex, lists as arrays. */
function plain(item: RlpItem | undefined): unknown {
  if (item === undefined || item instanceof Uint8Array) return item && hex(item);
  return item.map(plain);
}

const { item: anyItem } = fc.letrec<{ item: RlpItem }>((tie) => ({
  item: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.uint8Array({ maxLength: 80 }),
    fc.array(tie('item'), { maxLength: 6 }),
  ),
}));

function nested(depth: number): Uint8Array {
  let encoded = Uint8Array.of(0xc0);
  for (let level = 1; level < depth; level += 1) encoded = Uint8Array.of(0xc0 + encoded.length, ...encoded);
  return encoded;
}

describe('RLP', () => {
  // Examples of the Ethereum wiki and the yellow paper, appendix B.
  it.each([
    ['80', ''],
    ['00', '00'],
    ['0f', '0f'],
    ['7f', '7f'],
    ['8180', '80'],
    ['820400', '0400'],
    ['83646f67', '646f67'],
    ['c0', []],
    ['c88363617483646f67', ['636174', '646f67']],
    ['c7c0c1c0c3c0c1c0', [[], [[]], [[], [[]]]]],
    [`b838${'61'.repeat(56)}`, '61'.repeat(56)],
    [`f83a${`b838${'61'.repeat(56)}`}`, ['61'.repeat(56)]],
    [`b90100${'61'.repeat(256)}`, '61'.repeat(256)],
  ])('reads and writes %s', (encoded, value) => {
    const item = decodeRlp(bytes(encoded));
    expect(plain(item)).toEqual(value);
    expect(hex(encodeRlp(item as RlpItem))).toBe(encoded);
  });

  it.each([
    ['', 'nothing'],
    ['8000', 'a byte after the value'],
    ['8100', 'a prefix before a byte that stands for itself'],
    ['817f', 'a prefix before the largest such byte'],
    ['81', 'a string without its byte'],
    ['83646f', 'a string cut short'],
    ['c88363617483646f', 'a list cut short'],
    ['c1c1', 'an inner list longer than its list'],
    ['c283646f67', 'an inner string longer than its list'],
    ['c28100', 'a second spelling inside a list'],
    ['b801ff', 'a long form for a length that the short form covers'],
    [`b837${'61'.repeat(55)}`, 'the long form for 55 bytes'],
    [`f837${'61'.repeat(55)}`, 'the long form for a list of 55 bytes'],
    [`b90038${'61'.repeat(56)}`, 'a length with a leading zero'],
    ['b8', 'a long form without its length'],
    ['b901', 'a long form with half of its length'],
    ['f8', 'a long list without its length'],
    ['ba010000', 'a length of three bytes, beyond the limit'],
    ['bfffffffffffffffff', 'a length of eight bytes'],
    ['ffffffffffffffffff', 'a list length of eight bytes'],
  ])('refuses %s: %s', (encoded) => {
    expect(decodeRlp(bytes(encoded))).toBeUndefined();
  });

  it('reads lists to the depth limit and no deeper', () => {
    expect(decodeRlp(nested(RLP_DEPTH_MAX))).toBeDefined();
    expect(decodeRlp(nested(RLP_DEPTH_MAX + 1))).toBeUndefined();
  });

  it('reads input to the size limit and no larger', () => {
    const payload = RLP_BYTES_MAX - 3;
    const largest = Uint8Array.of(0xb9, payload >> 8, payload & 0xff, ...new Uint8Array(payload).fill(1));
    expect(decodeRlp(largest)).toHaveLength(payload);
    const larger = Uint8Array.of(
      0xb9,
      (payload + 1) >> 8,
      (payload + 1) & 0xff,
      ...new Uint8Array(payload + 1).fill(1),
    );
    expect(decodeRlp(larger)).toBeUndefined();
  });

  it('writes payloads to the size limit and no larger', () => {
    const largest = new Uint8Array(RLP_BYTES_MAX);
    expect(encodeRlp(largest)).toHaveLength(RLP_BYTES_MAX + 3);
    expect(() => encodeRlp(new Uint8Array(RLP_BYTES_MAX + 1))).toThrow(RangeError);
    expect(() => encodeRlp([largest])).toThrow(RangeError);
  });

  it('writes what @ethereumjs/rlp writes, and reads it back', () => {
    fc.assert(
      fc.property(anyItem, (item) => {
        const encoded = encodeRlp(item);
        expect(hex(encoded)).toBe(hex(RLP.encode(item as Uint8Array)));
        expect(plain(decodeRlp(encoded))).toEqual(plain(item));
      }),
    );
  });

  it('has one spelling per value: what it reads at all, it writes back unchanged', () => {
    const prefixByte = fc.constantFrom(
      0x00,
      0x7f,
      0x80,
      0x81,
      0x82,
      0xb8,
      0xb9,
      0xc0,
      0xc1,
      0xc2,
      0xc3,
      0xf8,
    );
    const noise = fc.array(fc.oneof(prefixByte, fc.nat(255)), { maxLength: 12 });
    fc.assert(
      fc.property(noise, (values) => {
        const input = Uint8Array.from(values);
        const item = decodeRlp(input);
        if (item !== undefined) expect(hex(encodeRlp(item))).toBe(hex(input));
      }),
      { numRuns: 2000 },
    );
  });
});
