import { createHash, X509Certificate } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { available } from '../available.js';
import { makeAuthority, type TestAuthority } from './authority.js';
import { isOpensslPresent, openssl, OPENSSL_REMEDY } from './openssl.js';
import type { AuthorityOptions } from './options.js';

const describeTsa = available(isOpensslPresent(), OPENSSL_REMEDY) ? describe : describe.skip;
const digest = createHash('sha256').update('a checkpoint').digest();
const DAY_MS = 86_400_000;

describeTsa('an authority of openssl', () => {
  const made: TestAuthority[] = [];
  const make = (options: AuthorityOptions = {}): TestAuthority => {
    const authority = makeAuthority(options);
    made.push(authority);
    return authority;
  };
  afterAll(() => made.forEach((authority) => authority.remove()));

  it.each<[string, AuthorityOptions]>([
    ['ECDSA P-256 below its root', {}],
    [
      'ECDSA P-384 below two others',
      { key: 'p-384', issuerKey: 'p-384', intermediates: 2, signerDigest: 'sha384' },
    ],
    ['RSA', { key: 'rsa-2048', issuerKey: 'rsa-2048', intermediates: 1, signerDigest: 'sha512' }],
    ['ESSCertID of SHA-1', { essDigest: 'sha1' }],
    ['no accuracy', { accuracy: '' }],
    ['certificates from the root downwards', { intermediates: 2, rootFirst: true }],
    ['certificates outside', { intermediates: 1, certificatesInside: 'none' }],
  ])('makes tokens that openssl verifies: %s', (_name, options) => {
    const authority = make(options);
    expect(authority.opensslObjection(authority.stamp(digest), digest)).toBe('');
  });

  it.each<[string, AuthorityOptions, string]>([
    [
      'an expired certificate',
      { validFrom: new Date(Date.now() - 9 * DAY_MS), validTo: new Date(Date.now() - DAY_MS) },
      'expired',
    ],
    [
      'an extended key usage that is not critical',
      { extensions: { extendedKeyUsage: 'timeStamping' } },
      'purpose',
    ],
    ['another extended key usage', { extensions: { extendedKeyUsage: 'critical,codeSigning' } }, 'purpose'],
    [
      'an issuer that is no authority',
      { issuerExtensions: { basicConstraints: 'critical,CA:FALSE' } },
      'invalid CA certificate',
    ],
  ])('makes tokens that fail for %s', (_name, options, objection) => {
    const authority = make(options);
    expect(authority.opensslObjection(authority.stamp(digest), digest)).toContain(objection);
  });

  it('signs whatever content a test gives it', () => {
    const authority = make();
    const token = authority.stamp(digest);
    const forged = authority.tstInfo(token);
    const place = Buffer.from(forged).indexOf(digest);
    forged[place] = (forged[place] as number) ^ 1;
    const other = Buffer.from(digest);
    other[0] = (other[0] as number) ^ 1;
    expect(authority.opensslObjection(token, other)).toContain('message imprint mismatch');
    expect(authority.opensslObjection(authority.sign(forged), other)).toBe('');
  });

  it('signs with RSASSA-PSS, which `openssl cms` verifies and `openssl ts` does not know', () => {
    const authority = make({ key: 'rsa-2048', pss: true });
    const token = authority.stamp(digest);
    expect(Buffer.from(token).includes(Buffer.from('2a864886f70d01010a', 'hex'))).toBe(true);
    expect(Buffer.from(authority.tstInfo(token)).includes(digest)).toBe(true);
  });

  it('stamps digests of other algorithms', () => {
    const token = make().stamp(createHash('sha1').update('x').digest(), { hash: 'sha1' });
    expect(Buffer.from(token).includes(Buffer.from('2b0e03021a', 'hex'))).toBe(true);
  });

  it('names the certificates that are not inside a token, from leaf to root', () => {
    const subjects = (options: AuthorityOptions): string[] =>
      make(options).certificates.map((der) => new X509Certificate(der).subject.split(' ').at(-1) ?? '');
    expect(subjects({ intermediates: 2 })).toEqual([]);
    expect(subjects({ intermediates: 2, certificatesInside: 'signer' })).toEqual(['ca2', 'ca1']);
    expect(subjects({ intermediates: 2, certificatesInside: 'none' })).toEqual(['signer', 'ca2', 'ca1']);
    expect(subjects({ intermediates: 2, certificatesInside: 'none', rootFirst: true })).toEqual([
      'signer',
      'ca1',
      'ca2',
    ]);
  });

  it('gives every token a serial number of its own', () => {
    const authority = make();
    const infos = [1, 2].map(() => Buffer.from(authority.tstInfo(authority.stamp(digest))).toString('hex'));
    expect(new Set(infos).size).toBe(2);
  });

  it('revokes as of a time and for a reason, in a list and in an answer', () => {
    const authority = make({ intermediates: 1 });
    const at = new Date('2026-01-31T12:00:00Z');
    const list = (der: Uint8Array): string => text(authority, 'crl', der);
    expect(list(authority.crl('signer'))).toContain('No Revoked Certificates');
    authority.revoke('signer', { at, reason: 'keyCompromise' });
    expect(list(authority.crl('signer'))).toMatch(/Jan 31 12:00:00 2026 GMT[\s\S]*Key Compromise/);
    expect(list(authority.crl(1))).toContain('No Revoked Certificates');
    authority.revoke(1, { at });
    expect(list(authority.crl(1))).toContain('Jan 31 12:00:00 2026 GMT');
    expect(text(authority, 'ocsp', authority.ocsp('signer'))).toMatch(
      /Cert Status: revoked[\s\S]*Jan 31 12:00:00 2026 GMT/,
    );
  });

  it('removes its folder', () => {
    const authority = make();
    authority.remove();
    expect(existsSync(authority.folder)).toBe(false);
  });
});

/** As openssl prints it. */
function text(authority: TestAuthority, kind: 'crl' | 'ocsp', der: Uint8Array): string {
  const file = `printed.${kind}`;
  writeFileSync(join(authority.folder, file), der);
  const args =
    kind === 'crl' ? ['crl', '-inform', 'DER', '-in'] : ['ocsp', '-noverify', '-resp_text', '-respin'];
  return openssl(authority.folder, [
    ...args,
    file,
    ...(kind === 'crl' ? ['-noout', '-text'] : []),
  ]).toString();
}
