import { createHash, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  makeAuthority,
  type AuthorityOptions,
  type IndependentCase,
  type TestAuthority,
} from '@touchstone/testing';
import { bundleText, type OutputBundle, type TrustFile } from '../src/index.js';
import { fixture } from './fixture.js';

export const NETWORK = 'tsa:example';
/** Object identifiers as DER (RFC 5652, sections 11.1 and 11.2; RFC 3161, section 2.4.2). */
const CONTENT_TYPE = Buffer.from('06092a864886f70d010903', 'hex');
const MESSAGE_DIGEST = Buffer.from('06092a864886f70d010904', 'hex');
const TST_INFO = Buffer.from('060b2a864886f70d0109100104', 'hex');
const DAY_MS = 86_400_000;
const day = (offset: number): Date => new Date(Date.now() + offset * DAY_MS);
const base64 = (der: Uint8Array): string => Buffer.from(der).toString('base64');

export type Tsa = TrustFile['tsas'][number];
/** What a case changes of an anchor and an authority that hold. */
interface Change {
  readonly token?: Uint8Array;
  readonly certificates?: readonly Uint8Array[];
  readonly revocation?: readonly Uint8Array[];
  readonly tsa?: Partial<Tsa>;
}
export type Alter = ((authority: TestAuthority) => Change) & { readonly authority?: string };

let bundle: OutputBundle;
let trust: TrustFile;
export let commitment: Uint8Array;

/** Makes what all cases share; call it in `beforeAll`. */
export async function prepareTokenCases(): Promise<void> {
  ({ bundle, trust } = await fixture());
  commitment = Buffer.from(bundle.anchors[0]?.commitment ?? '', 'hex');
}

const made = new Map<string, TestAuthority>();
/** Removes the authorities of all cases; call it in `afterAll`. */
export const removeAuthorities = (): void => made.forEach((authority) => authority.remove());

/** The authority of that name, or one of those options that is made once. */
function authorityOf(options: AuthorityOptions, name = JSON.stringify(options)): TestAuthority {
  const authority = made.get(name) ?? makeAuthority(options);
  made.set(name, authority);
  return authority;
}
const other = (): TestAuthority => authorityOf({}, 'other');

/** A bundle whose one anchor is a token, with its trust file. */
export function tokenCase(
  options: AuthorityOptions,
  alter: Alter,
  overTrust: Partial<TrustFile> = {},
): IndependentCase & { readonly trust: string } {
  const authority = authorityOf(options, alter.authority);
  const { token = authority.stamp(commitment), tsa, ...attached } = alter(authority);
  const { certificates = authority.certificates, revocation = [] } = attached;
  const proof = {
    token: base64(token),
    certificates: certificates.map(base64),
    revocation: revocation.map(base64),
  };
  const anchor = { ...bundle.anchors[0], kind: 'rfc3161', network: NETWORK, proof };
  const { root, policy } = authority;
  const believed = { network: NETWORK, test: false, roots: [base64(root)], policies: [policy], ...tsa };
  return {
    bundle: bundleText({ ...bundle, anchors: [anchor] } as OutputBundle),
    trust: JSON.stringify({ ...trust, tsas: [believed], independent: [NETWORK], ...overTrust }),
  };
}

/** Where the digits of the time begin in a TSTInfo. */
export const genTimeOf = (tstInfo: Uint8Array): number =>
  Buffer.from(tstInfo).indexOf(Buffer.from([0x18, 15])) + 2;
/** A token whose content has other bytes at the place of its time, or elsewhere. */
const withTime =
  (time: string): Alter =>
  (authority) => {
    const info = authority.tstInfo(authority.stamp(commitment));
    info.set(Buffer.from(time), genTimeOf(info));
    return { token: authority.sign(info) };
  };
/** A token whose signed attributes are changed and signed again; the authority's key must be of RSA with 2048 bit. */
const withAttributes =
  (alter: (attributes: Buffer) => void): Alter =>
  (authority) => {
    const token = Buffer.from(authority.stamp(commitment));
    // `openssl ts` writes the attributes with a length of two bytes and the content type first, and ends with the signature.
    const start = token.lastIndexOf(CONTENT_TYPE) - 5;
    const end = start + 3 + (token[start + 2] as number);
    const attributes = token.subarray(start, end);
    alter(attributes);
    const key = readFileSync(join(authority.folder, 'signer.key'));
    const signature = sign('sha256', Buffer.concat([Buffer.of(0x31), attributes.subarray(1)]), key);
    signature.copy(token, token.length - signature.length);
    return { token };
  };
/** Revokes a certificate of an authority of its own. */
function revoked(
  at: Date,
  reason?: string,
  list: 'crl' | 'ocsp' = 'crl',
  which: 'signer' | number = 'signer',
): Alter {
  const alter = (authority: TestAuthority): Change => {
    const token = authority.stamp(commitment);
    authority.revoke(which, reason === undefined ? { at } : { at, reason });
    return { token, revocation: [authority[list](which)] };
  };
  return Object.assign(alter, { authority: `revokes ${[at.toISOString(), reason, list, which].join()}` });
}
export const none: Alter = () => ({});
const flipped = (bytes: Uint8Array): Uint8Array =>
  bytes.map((byte, index) => (index === bytes.length - 1 ? byte ^ 1 : byte));
const bomb = Buffer.concat(
  Array.from({ length: 16_384 }, (_, index) => {
    const length = Math.max(0, 65_536 - 4 * index - 4);
    return Buffer.from([0x30, 0x82, length >> 8, length & 0xff]);
  }),
);

/** Tokens that hold. */
export const holding: [string, AuthorityOptions, Alter][] = [
  ['ECDSA P-256', {}, none],
  ['ECDSA P-384', { key: 'p-384', issuerKey: 'p-384', intermediates: 1, signerDigest: 'sha384' }, none],
  ['ECDSA P-521', { key: 'p-521', issuerKey: 'p-521', certificateDigest: 'sha512' }, none],
  ['RSA', { key: 'rsa-2048', issuerKey: 'rsa-2048', signerDigest: 'sha512' }, none],
  ['RSASSA-PSS', { key: 'rsa-2048', pss: true }, none],
  ['ESSCertID', { essDigest: 'sha1' }, none],
  ['ESSCertIDv2 of SHA-512', { essDigest: 'sha512' }, none],
  ['certificates outside', { intermediates: 2, certificatesInside: 'none' }, none],
  ['certificates in another order', { intermediates: 2, certificatesInside: 'none', rootFirst: true }, none],
  [
    '32 certificates',
    { chainCopies: 15, intermediates: 1 },
    ({ root }) => ({ certificates: Array<Uint8Array>(16).fill(root) }),
  ],
  ['a path of 8', { intermediates: 6 }, none],
  ['a certificate that the trust file names', {}, ({ serial }) => ({ tsa: { serials: ['1', serial] } })],
  [
    'accuracy at the limit',
    { accuracy: 'millisecs:999, microsecs:999' },
    () => ({ tsa: { accuracyMaxMs: 1_000 } }),
  ],
  ['no accuracy, which is a second', { accuracy: '' }, () => ({ tsa: { accuracyMaxMs: 1_000 } })],
  ['revoked later', {}, revoked(day(1), 'superseded')],
  ['a list that names nothing', {}, (authority) => ({ revocation: [authority.crl('signer')] })],
  ['an answer that names nothing', {}, (authority) => ({ revocation: [authority.ocsp('signer')] })],
  ['another authority’s list', {}, () => ({ revocation: [other().crl('signer')] })],
];

/** Tokens that do not hold, each with the check that it fails at. */
export const failing: [string, string, AuthorityOptions, Alter][] = [
  ['der', 'a truncated token', {}, (authority) => ({ token: authority.stamp(commitment).slice(0, -1) })],
  [
    'der',
    'a byte behind it',
    {},
    (authority) => ({ token: Buffer.concat([authority.stamp(commitment), Buffer.of(0)]) }),
  ],
  ['der', '64 KiB of nothing but depth', {}, () => ({ token: bomb })],
  ['der', 'a list that is no DER', {}, () => ({ revocation: [Buffer.from('hello')] })],
  ['content', 'a certificate instead of a token', {}, ({ signer }) => ({ token: signer })],
  ['content', 'a leap second', {}, withTime('20260101235960Z')],
  ['content', 'a time without a zone', {}, withTime('202601012359599')],
  [
    'imprint-algorithm',
    'SHA-1',
    {},
    (authority) => ({ token: authority.stamp(createHash('sha1').digest(), { hash: 'sha1' }) }),
  ],
  [
    'imprint-algorithm',
    'SHA-512',
    {},
    (authority) => ({ token: authority.stamp(createHash('sha512').digest(), { hash: 'sha512' }) }),
  ],
  [
    'imprint',
    'a token of another checkpoint',
    {},
    (authority) => ({ token: authority.stamp(flipped(commitment)) }),
  ],
  ['signing-certificate', 'no certificate', { certificatesInside: 'none' }, () => ({ certificates: [] })],
  [
    'signing-certificate',
    'another certificate',
    { certificatesInside: 'none' },
    ({ root }) => ({ certificates: [root] }),
  ],
  [
    'attributes',
    'another message digest',
    { key: 'rsa-2048' },
    withAttributes((attributes) => {
      const place = attributes.indexOf(MESSAGE_DIGEST) + MESSAGE_DIGEST.length + 4;
      attributes[place] = (attributes[place] as number) ^ 1;
    }),
  ],
  [
    'attributes',
    'another content type',
    { key: 'rsa-2048' },
    withAttributes((attributes) => attributes.set([5], attributes.indexOf(TST_INFO) + TST_INFO.length - 1)),
  ],
  [
    'attributes',
    'no content type',
    { key: 'rsa-2048' },
    withAttributes((attributes) =>
      attributes.set([9], attributes.indexOf(CONTENT_TYPE) + CONTENT_TYPE.length - 1),
    ),
  ],
  ['signature', 'a flipped bit', {}, (authority) => ({ token: flipped(authority.stamp(commitment)) })],
  ['signature', 'SHA-1', { signerDigest: 'sha1' }, none],
  ['signature', 'RSA of 1024 bit', { key: 'rsa-1024' }, none],
  ['policy', 'another policy', {}, () => ({ tsa: { policies: ['1.2.3'] } })],
  ['serial', 'another certificate', {}, () => ({ tsa: { serials: ['1'] } })],
  ['eku', 'not critical', { extensions: { extendedKeyUsage: 'timeStamping' } }, none],
  ['eku', 'another', { extensions: { extendedKeyUsage: 'critical,codeSigning' } }, none],
  ['eku', 'one more', { extensions: { extendedKeyUsage: 'critical,timeStamping,codeSigning' } }, none],
  ['eku', 'none', { extensions: { extendedKeyUsage: '' } }, none],
  ['chain', 'another root', {}, () => ({ tsa: { roots: [base64(other().root)] } })],
  [
    'chain',
    'an issuer that may have none below it',
    { intermediates: 1, rootExtensions: { basicConstraints: 'critical,CA:TRUE,pathlen:0' } },
    none,
  ],
  [
    'chain',
    'an issuer that says something critical that nobody checks',
    { issuerExtensions: { nameConstraints: 'critical,permitted;DNS:example.org' } },
    none,
  ],
  [
    'chain',
    '33 certificates',
    { chainCopies: 16, intermediates: 1 },
    ({ root }) => ({ certificates: Array<Uint8Array>(16).fill(root) }),
  ],
  [
    'chain',
    'a certificate is missing',
    { intermediates: 1, certificatesInside: 'signer' },
    () => ({ certificates: [] }),
  ],
  ['chain', 'a path of 9', { intermediates: 7 }, none],
  ['chain', 'certificates signed with SHA-1', { certificateDigest: 'sha1' }, none],
  ['chain', 'an issuer with RSA of 1024 bit', { issuerKey: 'rsa-1024' }, none],
  [
    'chain',
    'an issuer that is no authority',
    { issuerExtensions: { basicConstraints: 'critical,CA:FALSE' } },
    none,
  ],
  [
    'chain',
    'an issuer that may sign lists alone',
    { issuerExtensions: { keyUsage: 'critical,cRLSign' } },
    none,
  ],
  ['validity', 'expired', { validFrom: day(-9), validTo: day(-1) }, none],
  ['validity', 'not yet valid', { validFrom: day(1) }, none],
  ['validity', 'an issuer has expired', { issuerValidFrom: day(-9), issuerValidTo: day(-1) }, none],
  ['revoked', 'before', {}, revoked(day(-1))],
  ['revoked', 'before, with RSA', { issuerKey: 'rsa-2048' }, revoked(day(-1), 'superseded')],
  ['revoked', 'before, by an answer', {}, revoked(day(-1), undefined, 'ocsp')],
  ['revoked', 'a certificate in between', { intermediates: 1 }, revoked(day(-1), 'superseded', 'crl', 1)],
  ['revoked', 'a compromised key, later', {}, revoked(day(1), 'keyCompromise')],
  [
    'revoked',
    'a compromised authority in between, later',
    { intermediates: 1 },
    revoked(day(1), 'CACompromise', 'crl', 1),
  ],
  ['revoked', 'a compromised key, later, by an answer', {}, revoked(day(1), 'keyCompromise', 'ocsp')],
  [
    'accuracy',
    'beyond the limit',
    { accuracy: 'secs:1, microsecs:1' },
    () => ({ tsa: { accuracyMaxMs: 1_000 } }),
  ],
  ['accuracy', 'none, which is a second', { accuracy: '' }, () => ({ tsa: { accuracyMaxMs: 999 } })],
];
