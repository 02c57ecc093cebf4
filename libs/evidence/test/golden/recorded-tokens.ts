import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bytesToBase64, bytesToHex, sha256 } from '@touchstone/crypto';
import {
  AUTHORITY_POLICY,
  makeAuthority,
  type AuthorityOptions,
  type TestAuthority,
} from '@touchstone/testing';

/** What one authority stamped, in base64. */
export interface RecordedToken {
  readonly root: string;
  /** Decimal serial number of the certificate that signed. */
  readonly serial: string;
  readonly token: string;
  readonly certificates: readonly string[];
  readonly revocation: Readonly<Record<string, string>>;
}

const file = fileURLToPath(new URL('../../../chain-proofs/vectors/time-stamp-tokens.json', import.meta.url));

/** When the tokens were made, in the words of a TSTInfo: a minute after the checkpoint of the fixture. */
export const STAMPED_AT = '20260601110100Z';
const BEFORE = new Date('2026-06-01T11:00:59Z');
const AFTER = new Date('2026-06-01T11:01:01Z');
const VALID = { validFrom: new Date('2026-01-01T00:00:00Z'), validTo: new Date('2046-01-01T00:00:00Z') };
const ISSUED = { issuerValidFrom: VALID.validFrom, issuerValidTo: VALID.validTo };
const ENDED = new Date('2026-06-01T11:00:00Z');

/**
 * Tokens of openssl, which has a clock and keys of its own and so never makes the same bytes twice: they are recorded once, in
 * libs/chain-proofs/vectors/time-stamp-tokens.json, and made anew only where scripts/record-tokens.mjs asks for it.
 */
export function recordedTokens(commitment: Uint8Array): Readonly<Record<string, RecordedToken>> {
  if (process.env['TOUCHSTONE_RECORD_TOKENS'] === '1') {
    writeFileSync(
      file,
      `${JSON.stringify({ commitment: bytesToHex(commitment), tokens: record(commitment) }, null, 1)}\n`,
    );
  }
  return (JSON.parse(readFileSync(file, 'utf8')) as { tokens: Record<string, RecordedToken> }).tokens;
}

function record(commitment: Uint8Array): Record<string, RecordedToken> {
  const info = tstInfo({ commitment });
  const plans: readonly [string, AuthorityOptions, Uint8Array?][] = [
    ['ecdsa', {}],
    [
      'ecdsa-p384',
      {
        key: 'p-384',
        issuerKey: 'p-384',
        intermediates: 2,
        signerDigest: 'sha384',
        certificateDigest: 'sha384',
      },
    ],
    ['ecdsa-p521', { key: 'p-521', issuerKey: 'p-521', signerDigest: 'sha512', certificateDigest: 'sha512' }],
    ['rsa', { key: 'rsa-2048', issuerKey: 'rsa-2048', intermediates: 1, signerDigest: 'sha512' }],
    ['pss', { key: 'rsa-2048', pss: true }],
    ['outside', { intermediates: 2, certificatesInside: 'none' }],
    ['root-first', { intermediates: 2, rootFirst: true }],
    ['expired', { validTo: ENDED }],
    ['expired-issuer', { intermediates: 1, issuerValidTo: ENDED }],
    ['other-purpose', { extensions: { extendedKeyUsage: 'critical,codeSigning' } }],
    ['two-purposes', { extensions: { extendedKeyUsage: 'critical,timeStamping,codeSigning' } }],
    ['not-critical', { extensions: { extendedKeyUsage: 'timeStamping' } }],
    ['no-purpose', { extensions: { extendedKeyUsage: '' } }],
    [
      'issuer-no-authority',
      { intermediates: 1, issuerExtensions: { basicConstraints: 'critical,CA:FALSE' } },
    ],
    [
      'issuer-signs-no-certificates',
      { intermediates: 1, issuerExtensions: { keyUsage: 'critical,cRLSign' } },
    ],
    ['sha1-certificates', { certificateDigest: 'sha1' }],
    ['rsa-1024', { intermediates: 1, issuerKey: 'rsa-1024' }],
    ['too-long', { intermediates: 7 }],
    ['longest', { intermediates: 6 }],
    ['no-accuracy', {}, tstInfo({ commitment, accuracy: [] })],
    [
      'late',
      {},
      tstInfo({ commitment, accuracy: der(0x02, Uint8Array.of(0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)) }),
    ],
    ['version-2', {}, tstInfo({ commitment, version: 2 })],
    ['other-checkpoint', {}, tstInfo({ commitment: sha256(commitment) })],
  ];
  const recorded = plans.map(([name, options, content]) => [
    name,
    withAuthority(options, (authority) => recordOf(authority, authority.sign(content ?? info))),
  ]);
  return { ...Object.fromEntries(recorded), ...byOpensslTs(commitment), ...revoked(info) };
}

/** As `openssl ts` makes them, with its own time. */
function byOpensslTs(commitment: Uint8Array): Record<string, RecordedToken> {
  const ts = (options: AuthorityOptions, stamp: (authority: TestAuthority) => Uint8Array): RecordedToken =>
    withAuthority(options, (authority) => recordOf(authority, stamp(authority)));
  return {
    'openssl-ts': ts({ intermediates: 1 }, (authority) => authority.stamp(commitment)),
    'ess-sha1': ts({ essDigest: 'sha1' }, (authority) => authority.stamp(commitment)),
    'imprint-sha1': ts({}, (authority) => authority.stamp(commitment.subarray(0, 20), { hash: 'sha1' })),
  };
}

function revoked(info: Uint8Array): Record<string, RecordedToken> {
  return {
    revoked: withAuthority({ intermediates: 1 }, (authority) => {
      const lists: Record<string, string> = { none: bytesToBase64(authority.crl('signer')) };
      const list = (name: string, which: 'signer' | number): void => {
        lists[`${name}-crl`] = bytesToBase64(authority.crl(which));
        lists[`${name}-ocsp`] = bytesToBase64(authority.ocsp(which));
      };
      authority.revoke('signer', { at: AFTER });
      list('after', 'signer');
      authority.revoke(1, { at: BEFORE });
      list('issuer', 1);
      return { ...recordOf(authority, authority.sign(info)), revocation: lists };
    }),
    'revoked-before': revokedOnce(info, BEFORE),
    'revoked-compromise': revokedOnce(info, AFTER, 'keyCompromise'),
  };
}

function revokedOnce(info: Uint8Array, at: Date, reason?: string): RecordedToken {
  return withAuthority({}, (authority) => {
    const good = bytesToBase64(authority.ocsp('signer'));
    authority.revoke('signer', { at, ...(reason === undefined ? {} : { reason }) });
    const [crl, ocsp] = [authority.crl('signer'), authority.ocsp('signer')].map(bytesToBase64) as [
      string,
      string,
    ];
    return { ...recordOf(authority, authority.sign(info)), revocation: { crl, ocsp, good } };
  });
}

function withAuthority<Made>(options: AuthorityOptions, make: (authority: TestAuthority) => Made): Made {
  const authority = makeAuthority({ ...VALID, ...ISSUED, ...options });
  try {
    return make(authority);
  } finally {
    authority.remove();
  }
}

function recordOf(authority: TestAuthority, token: Uint8Array): RecordedToken {
  return {
    root: bytesToBase64(authority.root),
    serial: authority.serial,
    token: bytesToBase64(token),
    certificates: authority.certificates.map(bytesToBase64),
    revocation: {},
  };
}

interface Statement {
  readonly commitment: Uint8Array;
  readonly version?: number;
  /** The members of Accuracy; none leaves it out. */
  readonly accuracy?: Uint8Array | readonly number[];
}

/** A TSTInfo (RFC 3161, section 2.4.2) under {@link AUTHORITY_POLICY}. */
function tstInfo({ commitment, version = 1, accuracy = der(0x02, [1]) }: Statement): Uint8Array {
  const [, , ...arcs] = AUTHORITY_POLICY.split('.').map(Number);
  const policy = [43, ...arcs.flatMap(base128)];
  const sha256Oid = der(0x06, [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01]);
  return der(0x30, [
    ...der(0x02, [version]),
    ...der(0x06, policy),
    ...der(0x30, [...der(0x30, [...sha256Oid, 0x05, 0x00]), ...der(0x04, commitment)]),
    ...der(0x02, [0x2a]),
    ...der(0x18, new TextEncoder().encode(STAMPED_AT)),
    ...(accuracy.length > 0 ? der(0x30, accuracy) : []),
  ]);
}

function base128(arc: number): number[] {
  const digits = [arc & 0x7f];
  for (let rest = arc >> 7; rest > 0; rest >>= 7) digits.unshift(0x80 | (rest & 0x7f));
  return digits;
}

/** One value of DER. */
export function der(tag: number, content: Iterable<number>): Uint8Array {
  const bytes = [...content];
  const size = bytes.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Uint8Array.from([tag, ...length, ...bytes]);
}
