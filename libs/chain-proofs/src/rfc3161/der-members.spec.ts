import { describe, expect, it } from '@jest/globals';
import { bits, der, explicit, integer, octets, oid, sequence, text } from '../../test/der-writer.js';
import { generalizedTime, utcTime } from '../../test/time-stamps.js';
import { readDer, tags, type DerValue } from './der.js';
import {
  inside,
  Members,
  OID_BYTES_MAX,
  readBits,
  readInteger,
  readOid,
  readPreciseTime,
  readStructure,
  readTime,
} from './der-members.js';

const value = (bytes: Uint8Array): DerValue => {
  const read = readDer(bytes);
  if (!read) throw new Error('no DER');
  return read;
};
const attempt = <T>(read: (value: DerValue) => T, bytes: Uint8Array): T | undefined =>
  readStructure(() => read(value(bytes)));

describe('the members of a value', () => {
  it('are taken in order, and all of them', () => {
    const read = (all: DerValue): string => {
      const members = new Members(all);
      const first = members.take(tags.integer);
      const second = members.optional(tags.null, tags.oid);
      const third = members.take();
      members.end();
      return [first, second, third].map((each) => each?.tag ?? '-').join(' ');
    };
    expect(attempt(read, sequence(integer(1), oid('1.2'), octets()))).toBe('2 6 4');
    expect(attempt(read, sequence(integer(1), octets()))).toBe('2 - 4');
    expect(attempt(read, sequence(integer(1)))).toBeUndefined();
    expect(attempt(read, sequence(octets(), octets()))).toBeUndefined();
    expect(attempt(read, sequence(integer(1), octets(), octets()))).toBeUndefined();
    expect(attempt(read, explicit(0, integer(1), octets()))).toBeUndefined();
  });

  it('of an explicit tag are one', () => {
    const read = (all: DerValue): number => inside(all, tags.integer).tag;
    expect(attempt(read, explicit(0, integer(1)))).toBe(tags.integer);
    expect(attempt(read, explicit(0))).toBeUndefined();
    expect(attempt(read, explicit(0, octets()))).toBeUndefined();
    expect(attempt(read, explicit(0, integer(1), integer(1)))).toBeUndefined();
    expect(attempt((all) => inside(all).tag, explicit(0, octets()))).toBe(tags.octetString);
  });

  it('let other errors through, which are mistakes of the programmer', () => {
    const mistake = (): never => {
      throw new RangeError('a mistake');
    };
    expect(() => readStructure(mistake)).toThrow('a mistake');
  });
});

describe('values', () => {
  it.each(['0.9.1', '1.2.840.113549.1.1.11', '2.16.840.1.101.3.4.2.1', '2.5.29.19', '1.39'])(
    'reads the object identifier %s',
    (dotted) => {
      expect(attempt(readOid, oid(dotted))).toBe(dotted);
    },
  );

  it('reads object identifiers of OID_BYTES_MAX bytes and no longer ones', () => {
    const long = (size: number): Uint8Array => der(0x06, new Uint8Array(size).fill(1));
    expect(attempt(readOid, long(OID_BYTES_MAX))).toMatch(/^0\.1\.1/);
    expect(attempt(readOid, long(OID_BYTES_MAX + 1))).toBeUndefined();
    expect(attempt(readOid, octets([1]))).toBeUndefined();
  });

  it('reads integers of either sign and under any tag', () => {
    expect([0, 127, 128, 65_536].map((number) => attempt(readInteger, integer(number)))).toEqual([
      0n,
      127n,
      128n,
      65_536n,
    ]);
    expect(attempt(readInteger, der(0x02, [0xff, 0x7f]))).toBe(-129n);
    expect(attempt(readInteger, integer(300, 0x80))).toBe(300n);
    expect(attempt(readInteger, der(0x80))).toBeUndefined();
    expect(attempt(readInteger, der(0x80, [0, 1]))).toBeUndefined();
  });

  it('reads whole bytes of bits', () => {
    expect(attempt(readBits, bits([1, 2]))).toEqual(Uint8Array.of(1, 2));
    expect(attempt(readBits, der(0x03, [1], [2]))).toBeUndefined();
    expect(attempt(readBits, octets([0, 1]))).toBeUndefined();
  });
});

describe('times', () => {
  const at = (bytes: Uint8Array): string | undefined => {
    const ms = attempt(readTime, bytes);
    return ms === undefined ? undefined : new Date(ms).toISOString();
  };

  it('of two digits are from 1950 to 2049', () => {
    expect(at(utcTime('491231235959Z'))).toBe('2049-12-31T23:59:59.000Z');
    expect(at(utcTime('500101000000Z'))).toBe('1950-01-01T00:00:00.000Z');
    expect(at(generalizedTime('20500101000000Z'))).toBe('2050-01-01T00:00:00.000Z');
    expect(at(generalizedTime('99991231235959Z'))).toBe('9999-12-31T23:59:59.000Z');
  });

  it.each([
    utcTime('20260101000000Z'),
    generalizedTime('260101000000Z'),
    utcTime('260101000000+0100'),
    utcTime('2601010000Z'),
    generalizedTime('20260230000000Z'),
    generalizedTime('20261301000000Z'),
    generalizedTime('20260101000060Z'),
    generalizedTime('20260101000000.5Z'),
    octets(text('260101000000Z')),
  ])('of another form, and those that do not exist, are refused (%#)', (bytes) => {
    expect(at(bytes)).toBeUndefined();
  });

  it.each([
    ['20260101000001Z', 1_000],
    ['20260101000001.5Z', 1_500],
    ['20260101000001.05Z', 1_050],
    ['20260101000001.123456Z', 1_123],
    ['20260101000001.0000001Z', 1_000],
    ['20260101000001.50Z', undefined],
    ['20260101000001.Z', undefined],
    ['20260101000001.5', undefined],
    ['2026.50101000001Z', undefined],
    ['202601010000.5Z', undefined],
  ])('of a token may have a fraction without zeros behind it: %s', (characters, ms) => {
    const read = attempt(readPreciseTime, generalizedTime(characters));
    expect(read).toBe(ms === undefined ? undefined : Date.UTC(2026, 0, 1) + ms);
  });
});
