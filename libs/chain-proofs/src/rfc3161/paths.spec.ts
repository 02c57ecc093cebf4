import { describe, expect, it } from '@jest/globals';
import { der, explicit, integer, nothing, octets, oid, sequence } from '../../test/der-writer.js';
import {
  certificate,
  constraints,
  digest,
  ECDSA_SHA256,
  extension,
  GEN_TIME_MS,
  generalizedTime,
  party,
  SHA256,
  signed,
  SIGNER_EXTENSIONS,
  usage,
  utcTime,
  type CertificateParts,
  type Party,
} from '../../test/time-stamps.js';
import { readCertificate, type Certificate } from './certificate.js';
import { readDer, type DerValue } from './der.js';
import {
  CertificatePaths,
  KNOWN_CERTIFICATES_MAX,
  KNOWN_REVOCATION_DATA_MAX,
  PATH_CANDIDATES_MAX,
  PATH_CERTIFICATES_MAX,
} from './paths.js';

const root = party('root');
const signer = party('signer');
const value = (bytes: Uint8Array): DerValue => readDer(bytes) as DerValue;
const read = (bytes: Uint8Array): Certificate => readCertificate(bytes) as Certificate;
const rootOf = (parts: CertificateParts = {}): Certificate => read(certificate(root, parts));
const leafOf = (issuer: Party = root, parts: CertificateParts = {}): Uint8Array =>
  certificate(signer, { issuer, serial: 8, extensions: SIGNER_EXTENSIONS, ...parts });
const leaf = leafOf();

interface Given {
  readonly paths?: CertificatePaths;
  readonly leaf?: Uint8Array;
  readonly others?: readonly Uint8Array[];
  readonly lists?: readonly Uint8Array[];
}
function judge({
  paths = new CertificatePaths([rootOf()]),
  leaf: bytes = leaf,
  others = [],
  lists = [],
}: Given = {}) {
  return paths.judge(read(bytes), [bytes, ...others].map(value), lists.map(value), GEN_TIME_MS);
}

/** Authorities below each other, and a certificate below the last; the first is below the root. */
function chain(length: number, partsOf: (index: number) => CertificateParts = () => ({})): Uint8Array[] {
  let issuer = root;
  const made: Uint8Array[] = [];
  for (let index = 0; index < length; index += 1) {
    const next = party(`ca ${index}`);
    made.push(certificate(next, { issuer, serial: 20 + index, ...partsOf(index) }));
    issuer = next;
  }
  return [leafOf(issuer), ...made.reverse()];
}
const judgeChain = ([first, ...others]: readonly Uint8Array[], paths = new CertificatePaths([rootOf()])) =>
  judge({ paths, leaf: first as Uint8Array, others });

describe('a path', () => {
  it('has PATH_CERTIFICATES_MAX certificates and no more', () => {
    expect(judgeChain(chain(PATH_CERTIFICATES_MAX - 2))).toEqual({ listed: false });
    expect(judgeChain(chain(PATH_CERTIFICATES_MAX - 1))).toBe('chain');
  });

  it('is made of PATH_CANDIDATES_MAX certificates and no more, whatever they are', () => {
    const others = (count: number): Uint8Array[] => Array.from({ length: count }, () => nothing);
    expect(judge({ others: others(PATH_CANDIDATES_MAX - 1) })).toEqual({ listed: false });
    expect(judge({ others: others(PATH_CANDIDATES_MAX) })).toBe('chain');
  });

  it('has no more authorities below one than that one allows', () => {
    const withLimit = (limit: number) => (index: number) =>
      index === 0 ? { extensions: [constraints(limit), usage(0x04)] } : {};
    expect(judgeChain(chain(2, withLimit(1)))).toEqual({ listed: false });
    expect(judgeChain(chain(2, withLimit(0)))).toBe('chain');
    expect(judgeChain(chain(1, withLimit(0)))).toEqual({ listed: false });
    const roots = (limit: number) =>
      new CertificatePaths([rootOf({ extensions: [constraints(limit), usage(0x04)] })]);
    expect(judgeChain(chain(1), roots(0))).toBe('chain');
    expect(judgeChain(chain(1), roots(1))).toEqual({ listed: false });
    expect(judge({ paths: roots(0) })).toEqual({ listed: false });
  });

  it('is found where a longer way allows more than a shorter one', () => {
    const [middle, last] = [party('middle'), party('last')];
    const narrow = certificate(middle, {
      issuer: root,
      serial: 30,
      extensions: [constraints(0), usage(0x04)],
    });
    const wide = certificate(middle, { issuer: root, serial: 31 });
    const below = certificate(last, { issuer: middle, serial: 32 });
    const first = leafOf(last);
    expect(judge({ leaf: first, others: [narrow, below] })).toBe('chain');
    expect(judge({ leaf: first, others: [narrow, wide, below] })).toEqual({ listed: false });
  });

  it('goes round no circle', () => {
    const [one, two] = [party('one'), party('two')];
    const circle = [
      certificate(one, { issuer: root, serial: 40 }),
      certificate(two, { issuer: one, serial: 41 }),
      certificate(one, { issuer: two, serial: 42 }),
    ];
    expect(judge({ leaf: leafOf(two), others: circle })).toEqual({ listed: false });
    expect(judge({ leaf: leafOf(two), others: circle.slice(1) })).toBe('chain');
  });

  it('is of one certificate where that is a root', () => {
    expect(judge({ paths: new CertificatePaths([read(leaf)]) })).toEqual({ listed: false });
    const early = leafOf(root, { validity: sequence(utcTime('200101000000Z'), utcTime('210101000000Z')) });
    expect(judge({ paths: new CertificatePaths([read(early)]), leaf: early })).toBe('validity');
  });

  it('is valid from the first to the last millisecond of each of its certificates', () => {
    const between = (from: string, to: string) => sequence(utcTime(from), utcTime(to));
    const validity = (from: string, to: string) =>
      judge({ leaf: leafOf(root, { validity: between(from, to) }) });
    expect(validity('260601120000Z', '260601120000Z')).toEqual({ listed: false });
    expect(validity('260601120001Z', '270601120000Z')).toBe('validity');
    expect(validity('250601120001Z', '260601115959Z')).toBe('validity');
    const paths = new CertificatePaths([rootOf({ validity: between('260601120001Z', '270101000000Z') })]);
    expect(judge({ paths })).toBe('validity');
  });

  it('that holds is found beside one that does not', () => {
    const other = party('middle');
    const validity = sequence(utcTime('200101000000Z'), utcTime('210101000000Z'));
    const expired = certificate(other, { issuer: root, serial: 50, validity });
    const current = certificate(other, { issuer: root, serial: 51 });
    const first = leafOf(other);
    expect(judge({ leaf: first, others: [expired] })).toBe('validity');
    expect(judge({ leaf: first, others: [expired, current] })).toEqual({ listed: false });
    expect(
      judge({ leaf: first, others: [expired, current], lists: [crl([entry(51, '20260601115959Z')])] }),
    ).toBe('revoked');
  });
});

const reason = (code: number): Uint8Array => sequence(extension('2.5.29.21', der(0x0a, [code]), false));
const entry = (serial: number, at: string, ...more: Uint8Array[]): Uint8Array =>
  sequence(integer(serial), generalizedTime(at), ...more);

interface CrlParts {
  readonly by?: Party;
  readonly head?: readonly Uint8Array[];
  readonly tail?: readonly Uint8Array[];
  readonly inner?: Uint8Array;
}
function crl(
  entries: readonly Uint8Array[],
  { by = root, head = [integer(1)], tail = [], inner }: CrlParts = {},
): Uint8Array {
  const list = entries.length > 0 ? sequence(...entries) : [];
  const tbs = sequence(...head, inner ?? ECDSA_SHA256, by.name, utcTime('260601000000Z'), list, ...tail);
  return signed(tbs, by);
}

const good = der(0x80);
const revokedAt = (at: string, code?: number): Uint8Array =>
  explicit(1, generalizedTime(at), code === undefined ? [] : explicit(0, der(0x0a, [code])));
interface OcspParts {
  readonly by?: Party;
  readonly algorithm?: Uint8Array;
  readonly hash?: string;
  readonly serial?: number;
  readonly key?: Uint8Array;
  readonly status?: number;
  readonly type?: string;
}
function ocsp(status: Uint8Array, parts: OcspParts = {}): Uint8Array {
  const {
    by = root,
    algorithm = SHA256,
    hash = 'sha256',
    serial = 8,
    key = root.publicKey.subarray(-65),
  } = parts;
  const id = sequence(algorithm, octets(digest(hash, root.name)), octets(digest(hash, key)), integer(serial));
  const answer = sequence(id, status, generalizedTime('20260601000000Z'));
  const tbs = sequence(explicit(1, by.name), generalizedTime('20260601000000Z'), sequence(answer));
  const basic = sequence(oid(parts.type ?? '1.3.6.1.5.5.7.48.1.1'), octets(signed(tbs, by)));
  return sequence(der(0x0a, [parts.status ?? 0]), explicit(0, basic));
}
const NOT_LISTED = { listed: false };
const LISTED = { listed: true };
const BEFORE = '20260601115959Z';
const AT = '20260601120000Z';

describe('revocation', () => {
  it.each<[string, Uint8Array, unknown]>([
    ['an empty list', crl([]), LISTED],
    ['a list of version 1', crl([], { head: [] }), LISTED],
    [
      'a list with a next update and extensions',
      crl([entry(8, BEFORE)], { tail: [explicit(0, sequence())] }),
      'revoked',
    ],
    ['a list of others', crl([entry(9, BEFORE), sequence(nothing)]), LISTED],
    ['a list that has it before', crl([entry(9, BEFORE), entry(8, BEFORE)]), 'revoked'],
    ['a list that has it at the same time', crl([entry(8, AT)]), LISTED],
    ['a list that has it later for a lost key', crl([entry(8, AT, reason(1))]), 'revoked'],
    ['a list that has it later for another reason', crl([entry(8, AT, reason(4))]), LISTED],
    [
      'a list that has it later for something else',
      crl([entry(8, AT, sequence(extension('1.2.3', nothing)))]),
      LISTED,
    ],
    [
      'a list of another key',
      crl([entry(8, BEFORE)], { by: { ...party('x'), name: root.name } }),
      NOT_LISTED,
    ],
    [
      'a list of another name',
      crl([entry(8, BEFORE)], { by: { ...root, name: party('x').name } }),
      NOT_LISTED,
    ],
    ['a list with two algorithms', crl([entry(8, BEFORE)], { inner: SHA256 }), NOT_LISTED],
    ['an answer that says good', ocsp(good), LISTED],
    ['an answer that says revoked before', ocsp(revokedAt(BEFORE)), 'revoked'],
    [
      'an answer by SHA-1',
      ocsp(revokedAt(BEFORE), { algorithm: sequence(oid('1.3.14.3.2.26'), nothing), hash: 'sha1' }),
      'revoked',
    ],
    [
      'an answer by an unknown digest',
      ocsp(revokedAt(BEFORE), { algorithm: sequence(oid('1.2.3')) }),
      LISTED,
    ],
    ['an answer that says revoked at the same time', ocsp(revokedAt(AT, 4)), LISTED],
    ['an answer that says revoked later for a lost key', ocsp(revokedAt(AT, 1)), 'revoked'],
    ['an answer about another certificate', ocsp(revokedAt(BEFORE), { serial: 9 }), LISTED],
    ['an answer about another key', ocsp(revokedAt(BEFORE), { key: signer.publicKey.subarray(-65) }), LISTED],
    ['an answer about another name', ocsp(revokedAt(BEFORE), { hash: 'sha384' }), LISTED],
    ['an answer of somebody else', ocsp(revokedAt(BEFORE), { by: signer }), NOT_LISTED],
    ['an answer that is none', ocsp(revokedAt(BEFORE), { status: 1 }), NOT_LISTED],
    ['an answer of another type', ocsp(revokedAt(BEFORE), { type: '1.2.3' }), NOT_LISTED],
    [
      'an answer around nothing',
      sequence(der(0x0a, [0]), explicit(0, sequence(oid('1.3.6.1.5.5.7.48.1.1'), octets()))),
      NOT_LISTED,
    ],
    ['something else', nothing, NOT_LISTED],
  ])('by %s', (_name, list, result) => {
    expect(judge({ lists: [list] })).toEqual(result);
  });

  it('is not read of an entry that cannot be read, which no list of an issuer has', () => {
    expect(judge({ lists: [crl([sequence(integer(8), nothing)])] })).toEqual(LISTED);
    const wrong = sequence(extension('2.5.29.21', nothing, false));
    expect(judge({ lists: [crl([entry(8, BEFORE, wrong)])] })).toEqual(LISTED);
    expect(
      judge({ lists: [crl([entry(8, BEFORE, sequence(extension('2.5.29.21', Uint8Array.of(1))))])] }),
    ).toEqual(LISTED);
  });
});

describe('what is remembered', () => {
  it('are at most KNOWN_CERTIFICATES_MAX certificates and KNOWN_REVOCATION_DATA_MAX lists, and changes nothing', () => {
    const paths = new CertificatePaths([rootOf()]);
    const serials = Array.from({ length: KNOWN_CERTIFICATES_MAX + 1 }, (_, index) => 100 + index);
    const leaves = serials.map((serial) => leafOf(root, { serial }));
    const lists = serials
      .slice(0, KNOWN_REVOCATION_DATA_MAX + 1)
      .map((serial) => crl([entry(serial, BEFORE)]));
    for (let round = 0; round < 2; round += 1) {
      for (const [index, each] of leaves.entries()) {
        const list = lists[index];
        expect(judge({ paths, leaf: each })).toEqual(NOT_LISTED);
        if (list) expect(judge({ paths, leaf: each, lists: [list] })).toBe('revoked');
      }
    }
    expect(paths.size.certificates).toBe(KNOWN_CERTIFICATES_MAX);
    expect(paths.size.revocation).toBe(KNOWN_REVOCATION_DATA_MAX);
  });

  it('is nothing that leads to no root', () => {
    const paths = new CertificatePaths([rootOf()]);
    const foreign = party('foreign');
    const others = [certificate(foreign), leafOf(foreign)];
    expect(judge({ paths, leaf: others[1] as Uint8Array, others, lists: [crl([], { by: foreign })] })).toBe(
      'chain',
    );
    expect(paths.size).toEqual({ certificates: 0, revocation: 0 });
    expect(paths.read(value(leaf))).not.toBe(paths.read(value(leaf)));
    judge({ paths });
    expect(paths.read(value(leaf))).toBe(paths.read(value(leaf)));
    expect(paths.read(value(nothing))).toBeUndefined();
  });
});
