import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { base64ToBytes, bytesToHex } from '@touchstone/crypto';
import { fromHalfBits, toHalfBits } from './elements.js';
import {
  decodeTensor,
  elementCount,
  encodeTensor,
  rawContents,
  splitBytes,
  TENSOR_ELEMENTS_MAX,
  tensorsHash,
} from './tensor.js';

const rawHex = (datatype: Parameters<typeof encodeTensor>[0]['datatype'], data: unknown[]): string => {
  const result = encodeTensor({ name: 't', datatype, shape: [data.length], data });
  if (!result.ok) throw new Error(result.error.detail);
  return bytesToHex(base64ToBytes(result.value.data) ?? new Uint8Array());
};

describe('encodeTensor', () => {
  it.each([
    ['BOOL', [true, false], '0100'],
    ['UINT8', [0, 255], '00ff'],
    ['INT8', [-128, 127], '807f'],
    ['UINT16', [1, 65535], '0100ffff'],
    ['INT16', [-2], 'feff'],
    ['UINT32', [4294967295], 'ffffffff'],
    ['INT32', [-2147483648], '00000080'],
    ['UINT64', ['18446744073709551615', 1], 'ffffffffffffffff0100000000000000'],
    ['INT64', ['-9223372036854775808'], '0000000000000080'],
    ['FP16', [1, -2, 65504, -0], '003c00c0ff7b0080'],
    ['FP32', [1, -0], '0000803f00000080'],
    ['FP64', [1], '000000000000f03f'],
    ['BYTES', ['a', 'é'], '010000006102000000c3a9'],
  ] as const)('writes %s little-endian', (datatype, data, expected) => {
    expect(rawHex(datatype, [...data])).toBe(expected);
  });

  it.each([
    ['BOOL', [1]],
    ['UINT8', [256]],
    ['UINT8', [-1]],
    ['UINT8', [1.5]],
    ['INT8', ['1']],
    ['INT64', [2 ** 53]],
    ['INT64', ['9223372036854775808']],
    ['INT64', ['01']],
    ['UINT64', ['-1']],
    ['FP16', [65520]],
    ['FP32', [3.5e38]],
    ['FP64', [Number.NaN]],
    ['FP64', [Number.POSITIVE_INFINITY]],
    ['BYTES', [1]],
  ] as const)('refuses a %s element that does not fit', (datatype, data) => {
    expect(encodeTensor({ name: 't', datatype, shape: [1], data: [...data] })).toMatchObject({ ok: false });
  });

  it('flattens nested data row by row', () => {
    const nested = encodeTensor({
      name: 't',
      datatype: 'UINT8',
      shape: [2, 2],
      data: [
        [1, 2],
        [3, 4],
      ],
    });
    const flat = encodeTensor({ name: 't', datatype: 'UINT8', shape: [2, 2], data: [1, 2, 3, 4] });
    expect(nested).toEqual(flat);
  });

  it('refuses another number of elements than the shape says', () => {
    expect(encodeTensor({ name: 't', datatype: 'UINT8', shape: [3], data: [1, 2] })).toMatchObject({
      ok: false,
      error: { pointer: '/data', detail: 'expected 3 elements for the shape, got 2' },
    });
    expect(encodeTensor({ name: 't', datatype: 'UINT8', shape: [1], data: 'x' })).toMatchObject({
      ok: false,
    });
  });

  it('takes the largest number of elements and refuses one more', () => {
    expect(elementCount([TENSOR_ELEMENTS_MAX])).toBe(TENSOR_ELEMENTS_MAX);
    expect(elementCount([TENSOR_ELEMENTS_MAX + 1])).toBeUndefined();
    expect(elementCount([-1])).toBeUndefined();
    expect(
      encodeTensor({ name: 't', datatype: 'UINT8', shape: [TENSOR_ELEMENTS_MAX + 1], data: [] }).ok,
    ).toBe(false);
  });

  it('decodes what it encoded', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true })), (data) => {
        const tensor = encodeTensor({ name: 't', datatype: 'FP64', shape: [data.length], data });
        expect(tensor.ok && decodeTensor(tensor.value)).toEqual({ ok: true, value: data });
      }),
    );
  });

  it('carries every 64-bit integer through JSON without loss', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }), (value) => {
        const tensor = encodeTensor({ name: 't', datatype: 'INT64', shape: [1], data: [value.toString()] });
        const decoded = tensor.ok ? decodeTensor(tensor.value) : tensor;
        expect(decoded.ok && BigInt(decoded.value[0] ?? 0)).toBe(value);
      }),
    );
  });
});

describe('every datatype', () => {
  it.each([
    ['BOOL', [true, false]],
    ['UINT8', [0, 255]],
    ['INT8', [-128, 127]],
    ['UINT16', [0, 65_535]],
    ['INT16', [-32_768, 32_767]],
    ['UINT32', [0, 4_294_967_295]],
    ['INT32', [-2_147_483_648, 2_147_483_647]],
    ['UINT64', [0, '18446744073709551615']],
    ['INT64', ['-9223372036854775808', 7]],
    ['FP16', [-65_504, 0.5]],
    ['FP32', [-1.5, 2 ** -149]],
    ['FP64', [Number.MIN_VALUE, -Number.MAX_VALUE]],
    ['BYTES', ['', 'é']],
  ] as const)('carries the extremes of %s', (datatype, data) => {
    const tensor = encodeTensor({ name: 't', datatype, shape: [data.length], data });
    expect(tensor.ok && decodeTensor(tensor.value)).toEqual({ ok: true, value: data });
  });
});

describe('half precision', () => {
  it('round-trips every finite half', () => {
    const every = Array.from({ length: 0x10000 }, (_, bits) => bits);
    const wrong = every.filter(
      (bits) => Number.isFinite(fromHalfBits(bits)) && toHalfBits(fromHalfBits(bits)) !== bits,
    );
    expect(wrong).toEqual([]);
  });

  it('rounds to nearest, ties to even', () => {
    expect(toHalfBits(1 + 1 / 2048)).toBe(0x3c00);
    expect(toHalfBits(1 + 3 / 2048)).toBe(0x3c02);
    expect(toHalfBits(1 + 1 / 2048 + 2 ** -40)).toBe(0x3c01);
    expect(toHalfBits(2 ** -25)).toBe(0);
    expect(toHalfBits(2 ** -25 + 2 ** -40)).toBe(1);
    expect(toHalfBits(2047.999)).toBe(0x6800);
  });
});

describe('rawContents', () => {
  const tensor = { name: 't', datatype: 'FP32' as const, shape: [1], data: 'AACAPw==' };

  it('reads canonical contents', () => {
    expect(rawContents(tensor)).toMatchObject({ ok: true });
  });

  it.each([
    ['another length', { ...tensor, shape: [2] }],
    ['another spelling of base64', { ...tensor, data: 'AACAPx==' }],
    ['NaN', { ...tensor, data: 'AADAfw==' }],
    ['infinity', { ...tensor, data: 'AACAfw==' }],
    ['a BOOL of 2', { ...tensor, datatype: 'BOOL' as const, data: 'Ag==' }],
    ['a BYTES length that points outside', { ...tensor, datatype: 'BYTES' as const, data: 'BQAAAGE=' }],
    ['a cut BYTES length', { ...tensor, datatype: 'BYTES' as const, data: 'AAA=' }],
    ['a shape that overflows', { ...tensor, shape: [Number.MAX_SAFE_INTEGER, 2] }],
  ])('refuses %s', (_name, bad) => {
    expect(rawContents(bad).ok).toBe(false);
    expect(decodeTensor(bad).ok).toBe(false);
  });

  it('reads BYTES elements and large integers back', () => {
    const bytes = encodeTensor({ name: 'b', datatype: 'BYTES', shape: [2], data: ['a', 'é'] });
    expect(bytes.ok && decodeTensor(bytes.value)).toEqual({ ok: true, value: ['a', 'é'] });
    expect(splitBytes(new Uint8Array())).toEqual([]);
  });
});

describe('tensorsHash', () => {
  const first = { name: 'é', datatype: 'UINT8' as const, shape: [1], data: 'AQ==' };
  const second = { name: 'z', datatype: 'UINT8' as const, shape: [1], data: 'Ag==' };

  it('does not depend on the order of the tensors', () => {
    expect(tensorsHash([first, second])).toEqual(tensorsHash([second, first]));
  });

  it('refuses one name twice and a tensor that is not canonical', () => {
    expect(tensorsHash([first, first])).toMatchObject({ ok: false });
    expect(tensorsHash([{ ...first, data: 'AQ' }])).toMatchObject({ ok: false });
  });

  it('hashes the canonical form of the array', () => {
    const hash = tensorsHash([{ name: 'x', datatype: 'UINT8', shape: [1], data: 'AQ==' }]);
    // sha256 of [{"data":"AQ==","datatype":"UINT8","name":"x","shape":[1]}]
    expect(hash.ok && hash.value).toBe('76b794052342fb5d247b98b774e846839d6d6ff7acaf6a7212c3a041a468d38a');
  });
});
