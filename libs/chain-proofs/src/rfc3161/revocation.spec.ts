import { describe, expect, it } from '@jest/globals';
import { der, explicit, nothing, octets, oid, sequence, integer } from '../../test/der-writer.js';
import { crl as crlOf, entry, good, ocsp as ocspOf, reason, revokedAt } from '../../test/revocation-lists.js';
import {
  certificate,
  extension,
  GEN_TIME_MS,
  party,
  SHA256,
  SIGNER_EXTENSIONS,
} from '../../test/time-stamps.js';
import { readCertificate, type Certificate } from './certificate.js';
import { readDer, type DerValue } from './der.js';
import { CertificatePaths } from './paths.js';

const root = party('root');
const signer = party('signer');
const leaf = certificate(signer, { issuer: root, serial: 8, extensions: SIGNER_EXTENSIONS });
const read = (bytes: Uint8Array): Certificate => readCertificate(bytes) as Certificate;
const crl = (entries: readonly Uint8Array[], parts = {}): Uint8Array => crlOf(root, entries, parts);
const ocsp = (status: Uint8Array, parts = {}): Uint8Array => ocspOf(root, status, parts);

function judge({ lists }: { readonly lists: readonly Uint8Array[] }) {
  const value = (bytes: Uint8Array): DerValue => readDer(bytes) as DerValue;
  const paths = new CertificatePaths([read(certificate(root))]);
  return paths.judge(read(leaf), [value(leaf)], lists.map(value), GEN_TIME_MS);
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
