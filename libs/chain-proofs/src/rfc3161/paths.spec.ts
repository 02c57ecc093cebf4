import { describe, expect, it } from '@jest/globals';
import { nothing, sequence } from '../../test/der-writer.js';
import {
  certificate,
  constraints,
  GEN_TIME_MS,
  party,
  SIGNER_EXTENSIONS,
  usage,
  utcTime,
  type CertificateParts,
  type Party,
} from '../../test/time-stamps.js';
import { crl, entry } from '../../test/revocation-lists.js';
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
      judge({ leaf: first, others: [expired, current], lists: [crl(root, [entry(51, '20260601115959Z')])] }),
    ).toBe('revoked');
  });
});

const NOT_LISTED = { listed: false };
const BEFORE = '20260601115959Z';

describe('what is remembered', () => {
  it('are at most KNOWN_CERTIFICATES_MAX certificates and KNOWN_REVOCATION_DATA_MAX lists, and changes nothing', () => {
    const paths = new CertificatePaths([rootOf()]);
    const serials = Array.from({ length: KNOWN_CERTIFICATES_MAX + 1 }, (_, index) => 100 + index);
    const leaves = serials.map((serial) => leafOf(root, { serial }));
    const lists = serials
      .slice(0, KNOWN_REVOCATION_DATA_MAX + 1)
      .map((serial) => crl(root, [entry(serial, BEFORE)]));
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

  it('is found again', () => {
    const paths = new CertificatePaths([rootOf()]);
    const lists = [crl(root, [entry(8, BEFORE)])];
    for (let round = 0; round < 3; round += 1) expect(judge({ paths, lists })).toBe('revoked');
    expect(paths.size).toEqual({ certificates: 1, revocation: 1 });
  });

  it('is nothing that leads to no root', () => {
    const paths = new CertificatePaths([rootOf()]);
    const foreign = party('foreign');
    const others = [certificate(foreign), leafOf(foreign)];
    expect(judge({ paths, leaf: others[1] as Uint8Array, others, lists: [crl(foreign, [], {})] })).toBe(
      'chain',
    );
    expect(paths.size).toEqual({ certificates: 0, revocation: 0 });
    expect(paths.read(value(leaf))).not.toBe(paths.read(value(leaf)));
    judge({ paths });
    expect(paths.read(value(leaf))).toBe(paths.read(value(leaf)));
    expect(paths.read(value(nothing))).toBeUndefined();
  });
});
