import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  bits,
  der,
  explicit,
  integer,
  nothing,
  octets,
  oid,
  sequence,
  set,
  yes,
} from '../../test/der-writer.js';
import {
  AUTHORITY_EXTENSIONS,
  certificate,
  constraints,
  ECDSA_SHA256,
  extension,
  party,
  purpose,
  usage,
  utcTime,
  type CertificateParts,
} from '../../test/time-stamps.js';
import { PSS_SALT_BYTES_MAX } from './algorithms.js';
import { isIssuedBy, readCertificate, type Certificate } from './certificate.js';

const root = party('root');
const leaf = party('leaf');
const read = (parts: CertificateParts = {}): Certificate | undefined =>
  readCertificate(certificate(root, parts));
const EC = '1.2.840.10045.2.1';
const RSA = '1.2.840.113549.1.1';
const P256 = '1.2.840.10045.3.1.7';
const point = bits(root.publicKey.subarray(-65));
const rsaKey = (...parts: Uint8Array[]): Uint8Array =>
  sequence(sequence(oid(`${RSA}.1`), nothing), bits(sequence(...parts)));
const modulus = integer(BigInt(`0xc${'1'.repeat(511)}`));

describe('readCertificate', () => {
  it('reads what a path needs', () => {
    const extensions = [
      ...AUTHORITY_EXTENSIONS,
      purpose('1.2.3'),
      extension('2.5.29.14', octets([1, 2]), false),
    ];
    expect(read({ serial: 300, extensions, identifiers: der(0x81, [0]) })).toMatchObject({
      serial: 300n,
      issuer: root.name,
      subject: root.name,
      notBeforeMs: Date.UTC(2026, 0, 1),
      notAfterMs: Date.UTC(2050, 0, 1),
      key: { kind: 'ecdsa' },
      keyBits: root.publicKey.subarray(-65),
      extensions: {
        authority: true,
        pathLength: undefined,
        signsCertificates: true,
        purposes: ['1.2.3'],
        purposesAreCritical: true,
        keyIdentifier: Uint8Array.of(1, 2),
        unknownCritical: false,
      },
    });
  });

  it('takes what is not said for no', () => {
    expect(read({ extensions: [] })?.extensions).toEqual({
      authority: false,
      pathLength: undefined,
      signsCertificates: false,
      purposes: [],
      purposesAreCritical: false,
      keyIdentifier: undefined,
      unknownCritical: false,
    });
    const extensions = [extension('2.5.29.19', sequence(), false), extension('2.5.29.15', der(0x03, [0]))];
    expect(read({ extensions })?.extensions).toMatchObject({ authority: false, signsCertificates: false });
    expect(read({ extensions: [constraints(3), usage(0x02)] })?.extensions).toMatchObject({
      authority: true,
      pathLength: 3n,
      signsCertificates: false,
    });
    expect(read({ extensions: [extension('1.2.3', nothing)] })?.extensions.unknownCritical).toBe(true);
    expect(read({ extensions: [extension('1.2.3', nothing, false)] })?.extensions.unknownCritical).toBe(
      false,
    );
  });

  it.each<[string, CertificateParts]>([
    ['of version 1', { version: new Uint8Array() }],
    ['of version 2', { version: explicit(0, integer(1)) }],
    ['with two algorithms', { innerAlgorithm: sequence(oid('1.2.840.10045.4.3.3')) }],
    ['with one time', { validity: sequence(utcTime('260101000000Z')) }],
    ['with a time that is none', { validity: sequence(nothing, nothing) }],
    ['with an unknown member', { identifiers: nothing }],
    ['with two lists of extensions', { tagged: explicit(3, sequence(), sequence()) }],
    ['with extensions that are none', { tagged: explicit(3, sequence(nothing)) }],
    ['with an extension twice', { extensions: [usage(4), usage(4)] }],
    [
      'with an extension that says it is not critical',
      { extensions: [sequence(oid('1.2.3'), der(0x01, [0]), octets())] },
    ],
    ['with key usage that is no DER', { extensions: [extension('2.5.29.15', Uint8Array.of(1))] }],
    ['with key usage that is no bits', { extensions: [extension('2.5.29.15', nothing)] }],
    ['with purposes that are none', { extensions: [extension('2.5.29.37', set())] }],
    [
      'with basic constraints that are none',
      { extensions: [extension('2.5.29.19', sequence(yes, integer(1), nothing))] },
    ],
    ['with a key that is none', { publicKey: sequence(sequence(oid(EC), oid(P256))) }],
    [
      'with a key of RSA that is none',
      { publicKey: sequence(sequence(oid(`${RSA}.1`), nothing), bits([1])) },
    ],
  ])('refuses one %s', (_name, parts) => {
    expect(read(parts)).toBeUndefined();
  });

  it.each([new Uint8Array(), sequence(), sequence(sequence(), ECDSA_SHA256, bits())])(
    'refuses what is no certificate (%#)',
    (bytes) => {
      expect(readCertificate(bytes)).toBeUndefined();
    },
  );
});

describe('the key of a certificate', () => {
  const keyOf = (publicKey: Uint8Array): string | undefined => read({ publicKey })?.key?.kind;

  it('is of RSA or of one of three curves', () => {
    expect(keyOf(rsaKey(modulus, integer(65_537)))).toBe('rsa');
    for (const namedCurve of ['P-256', 'P-384', 'P-521']) {
      const { publicKey } = generateKeyPairSync('ec', { namedCurve });
      expect(keyOf(new Uint8Array(publicKey.export({ format: 'der', type: 'spki' })))).toBe('ecdsa');
    }
  });

  it.each<[string, Uint8Array]>([
    ['of another algorithm', sequence(sequence(oid('1.3.101.112')), bits(new Uint8Array(32)))],
    ['of another curve', sequence(sequence(oid(EC), oid('1.3.132.0.10')), point)],
    ['of no curve', sequence(sequence(oid(EC)), point)],
    ['of an explicit curve', sequence(sequence(oid(EC), sequence()), point)],
    ['that is no point', sequence(sequence(oid(EC), oid(P256)), bits([4], new Uint8Array(64)))],
    [
      'of RSA with parameters',
      sequence(sequence(oid(`${RSA}.1`), oid('1.2')), bits(sequence(modulus, integer(3)))),
    ],
    ['with a modulus of zero', rsaKey(integer(0), integer(3))],
    ['with an exponent of zero', rsaKey(modulus, integer(0))],
  ])('does not count where it is one %s', (_name, publicKey) => {
    expect(read({ publicKey })?.serial).toBe(7n);
    expect(keyOf(publicKey)).toBeUndefined();
  });
});

describe('isIssuedBy', () => {
  const issuer = read() as Certificate;
  const issued = (parts: CertificateParts, by = issuer): boolean => {
    const child = readCertificate(certificate(leaf, { issuer: root, ...parts }));
    return child !== undefined && isIssuedBy(child, by);
  };

  it('holds where an authority signed a certificate that names it', () => {
    expect(issued({})).toBe(true);
    expect(issued({ extensions: [] })).toBe(true);
  });

  it.each<[string, CertificateParts]>([
    ['is no authority', { extensions: [extension('2.5.29.19', sequence()), usage(0x04)] }],
    ['may not sign certificates', { extensions: [constraints(), usage(0x02)] }],
    [
      'says something critical that nobody checks',
      { extensions: [...AUTHORITY_EXTENSIONS, extension('1.2.3', nothing)] },
    ],
    ['has a key that does not count', { publicKey: sequence(sequence(oid('1.3.101.112')), bits([1])) }],
    ['has another key', { publicKey: leaf.publicKey }],
  ])('does not hold where the issuer %s', (_name, parts) => {
    expect(issued({}, read(parts))).toBe(false);
  });

  it('does not hold for another name, another signature, or something critical that nobody checks', () => {
    expect(issued({ issuer: party('other') })).toBe(false);
    expect(issued({ issuer: { ...party('other'), name: root.name } })).toBe(false);
    expect(issued({ extensions: [extension('1.2.3', nothing)] })).toBe(false);
  });

  it.each<[string, Uint8Array]>([
    ['RSA', sequence(oid(`${RSA}.11`), nothing)],
    ['RSA without its hash', sequence(oid(`${RSA}.1`), nothing)],
    ['RSA with parameters', sequence(oid(`${RSA}.11`), oid('1.2'))],
    ['ECDSA with SHA-1', sequence(oid('1.2.840.10045.4.1'))],
    ['ECDSA with parameters', sequence(oid('1.2.840.10045.4.3.2'), nothing)],
    ['no algorithm', sequence()],
    ['two parameters', sequence(oid('1.2.840.10045.4.3.2'), nothing, nothing)],
  ])('does not hold where an ECDSA key signed with %s', (_name, algorithm) => {
    expect(issued({ algorithm })).toBe(false);
  });

  const pss = (
    salt: number,
    change: Partial<Record<'hash' | 'mask' | 'trailer', Uint8Array>> = {},
  ): Uint8Array => {
    const sha256 = sequence(oid('2.16.840.1.101.3.4.2.1'));
    const {
      hash = explicit(0, sha256),
      mask = explicit(1, sequence(oid(`${RSA}.8`), sha256)),
      trailer,
    } = change;
    return sequence(oid(`${RSA}.10`), sequence(hash, mask, explicit(2, integer(salt)), trailer ?? []));
  };
  /** The signature is of ECDSA, so that what is read of the parameters shows in whether the key of RSA is asked. */
  const asked = (algorithm: Uint8Array): boolean => {
    const child = readCertificate(signedWith(algorithm));
    let calls = 0;
    const key = { kind: 'rsa' as const, verify: () => (calls += 1) > 0 };
    return child !== undefined && isIssuedBy(child, { ...issuer, key }) && calls === 1;
  };
  const signedWith = (algorithm: Uint8Array): Uint8Array => certificate(leaf, { issuer: root, algorithm });

  it('reads parameters of RSASSA-PSS with a salt up to PSS_SALT_BYTES_MAX', () => {
    expect(asked(pss(PSS_SALT_BYTES_MAX))).toBe(true);
    expect(asked(pss(PSS_SALT_BYTES_MAX + 1))).toBe(false);
    expect(asked(pss(32, { trailer: explicit(3, integer(1)) }))).toBe(true);
    const sha384 = sequence(oid('2.16.840.1.101.3.4.2.2'));
    const sha1 = sequence(oid('1.3.14.3.2.26'));
    const mask = (...parts: Uint8Array[]): Uint8Array => explicit(1, sequence(...parts));
    for (const wrong of [
      { trailer: explicit(3, integer(2)) },
      { hash: explicit(0, sha384) },
      { hash: explicit(0, sha1), mask: mask(oid(`${RSA}.8`), sha1) },
      { mask: mask(oid('1.2.3'), sequence(oid('2.16.840.1.101.3.4.2.1'))) },
      { mask: mask(oid(`${RSA}.8`)) },
      { mask: new Uint8Array() },
    ]) {
      expect(asked(pss(32, wrong))).toBe(false);
    }
    expect(asked(sequence(oid(`${RSA}.10`)))).toBe(false);
    const withoutSalt = sequence(
      oid(`${RSA}.10`),
      sequence(explicit(0, sha384), mask(oid(`${RSA}.8`), sha384)),
    );
    expect(asked(withoutSalt)).toBe(true);
  });

  it('refuses a negative salt', () => {
    const sha256 = sequence(oid('2.16.840.1.101.3.4.2.1'));
    const parameters = sequence(
      explicit(0, sha256),
      explicit(1, sequence(oid(`${RSA}.8`), sha256)),
      explicit(2, der(0x02, [0xff])),
    );
    expect(asked(sequence(oid(`${RSA}.10`), parameters))).toBe(false);
  });
});
