import { DER_BYTES_MAX } from '@touchstone/contracts';
import { base64ToBytes, bytesToBase64, hexToBytes } from '@touchstone/crypto';
import { AUTHORITY_POLICY } from '@touchstone/testing';
import type { OutputBundle, TrustFile } from '../../src/index.js';
import type { GoldenCase } from './golden-case.js';
import { der, recordedTokens, type RecordedToken } from './recorded-tokens.js';

export const AUTHORITY = 'tsa:example';
type Anchor = OutputBundle['anchors'][number];
type TokenAnchor = Anchor & { readonly kind: 'rfc3161' };
type Tsa = TrustFile['tsas'][number];

/** Bundles that are anchored by a token alone, with trust files that know the authority. */
export function tokenCases(bundle: OutputBundle, trust: TrustFile): GoldenCase[] {
  const [anchor] = bundle.anchors as [Anchor];
  const recorded = recordedTokens(hexToBytes(anchor.commitment) as Uint8Array);
  const tokens = (name: string): RecordedToken => {
    const token = recorded[name];
    if (token) return token;
    throw new Error(`${name} is not recorded; node libs/evidence/scripts/record-tokens.mjs records all anew`);
  };
  const make = (name: string, from: RecordedToken, change: Change = {}): GoldenCase => ({
    name,
    input: inputOf(bundle, trust, from, change),
  });
  return [
    ...goodCases(make, tokens),
    ...falseCases(make, tokens),
    ...pathCases(make, tokens),
    ...revocationCases(make, tokens),
  ];
}

interface Change {
  readonly proof?: Partial<TokenAnchor['proof']>;
  readonly tsa?: Partial<Tsa>;
  readonly beside?: boolean;
}
type Make = (name: string, from: RecordedToken, change?: Change) => GoldenCase;
type Tokens = (name: string) => RecordedToken;

function inputOf(bundle: OutputBundle, trust: TrustFile, from: RecordedToken, change: Change) {
  const { token, certificates, root } = from;
  const [evm] = bundle.anchors as [Anchor];
  const { commitment, logProof, level } = evm;
  const proof = { token, certificates: [...certificates], revocation: [], ...change.proof };
  const anchor: TokenAnchor = { kind: 'rfc3161', network: AUTHORITY, logProof, commitment, level, proof };
  const tsa: Tsa = {
    network: AUTHORITY,
    test: false,
    roots: [root],
    policies: [AUTHORITY_POLICY],
    ...change.tsa,
  };
  return {
    bundle: { ...bundle, anchors: change.beside ? [evm, anchor] : [anchor] },
    trust: { ...trust, tsas: [tsa], independent: tsa.test ? [] : [AUTHORITY] },
  };
}

function goodCases(make: Make, tokens: Tokens): GoldenCase[] {
  const [ecdsa, outside, noAccuracy] = [tokens('ecdsa'), tokens('outside'), tokens('no-accuracy')];
  const reversed = [...outside.certificates].reverse();
  return [
    make('ECDSA P-256', ecdsa),
    make('ECDSA P-384 below two others', tokens('ecdsa-p384')),
    make('ECDSA P-521', tokens('ecdsa-p521')),
    make('RSA below another', tokens('rsa')),
    make('RSASSA-PSS', tokens('pss')),
    make('as openssl ts makes it', tokens('openssl-ts')),
    make('ESSCertID of SHA-1', tokens('ess-sha1')),
    make('a path of eight certificates', tokens('longest')),
    make('certificates outside, from leaf to root', outside),
    make('certificates outside, in another order', outside, { proof: { certificates: reversed } }),
    make('certificates inside, in another order', tokens('root-first')),
    make('beside a record on a chain', ecdsa, { beside: true }),
    make('an authority of a test', ecdsa, { tsa: { test: true } }),
    make('the serial number is listed', ecdsa, { tsa: { serials: ['1', ecdsa.serial] } }),
    make('no accuracy, and none is asked for', noAccuracy),
    make('no accuracy, and one second is asked for', noAccuracy, { tsa: { accuracyMaxMs: 1_000 } }),
    make('another authority', ecdsa, { tsa: { network: 'tsa:other' } }),
    make('one more certificate that leads nowhere', ecdsa, {
      proof: { certificates: [outside.certificates[0] as string, bytesToBase64(der(0x30, []))] },
    }),
  ];
}

function falseCases(make: Make, tokens: Tokens): GoldenCase[] {
  const ecdsa = tokens('ecdsa');
  const outside = tokens('outside');
  const bytes = base64ToBytes(ecdsa.token) as Uint8Array;
  const token = (changed: Uint8Array): Change => ({ proof: { token: bytesToBase64(changed) } });
  /** The signature is the last value of a token, and the message digest stands before it. */
  const last = Uint8Array.from(bytes);
  last[last.length - 1] = (last.at(-1) as number) ^ 1;
  return [
    make('cut short', ecdsa, token(bytes.subarray(0, -1))),
    make('a byte behind the token', ecdsa, token(Uint8Array.of(...bytes, 0))),
    make('nothing', ecdsa, token(Uint8Array.of(0))),
    make('64 KiB of values inside each other', ecdsa, token(nested())),
    make(
      '64 KiB of small values',
      ecdsa,
      token(
        der(
          0x30,
          Array.from({ length: DER_BYTES_MAX - 4 }, (_, at) => (at % 2 ? 0 : 5)),
        ),
      ),
    ),
    make('a certificate beside it that is not DER', ecdsa, { proof: { certificates: ['AAAA'] } }),
    make('a revocation list that is not DER', ecdsa, { proof: { revocation: ['AAAA'] } }),
    make('a certificate for a token', ecdsa, { proof: { token: ecdsa.root } }),
    make('a TSTInfo of version 2', tokens('version-2')),
    make('a message imprint of SHA-1', tokens('imprint-sha1')),
    make('a token of another checkpoint', tokens('other-checkpoint')),
    make('without the certificate that signed', outside, {
      proof: { certificates: outside.certificates.slice(1) },
    }),
    make('another message digest', ecdsa, token(withDigestChanged(bytes))),
    make('another signature', ecdsa, token(last)),
    make('another policy', ecdsa, { tsa: { policies: ['1.2.3', '1.3.6.1.4.1.32473.3162'] } }),
    make('another serial number', ecdsa, { tsa: { serials: ['1'] } }),
    make('no accuracy, and less than a second is asked for', tokens('no-accuracy'), {
      tsa: { accuracyMaxMs: 999 },
    }),
    make('an accuracy beyond every date', tokens('late')),
  ];
}

function pathCases(make: Make, tokens: Tokens): GoldenCase[] {
  const named: readonly [string, string][] = [
    ['another extended key usage', 'other-purpose'],
    ['two extended key usages', 'two-purposes'],
    ['an extended key usage that is not critical', 'not-critical'],
    ['no extended key usage', 'no-purpose'],
    ['an issuer that is no authority', 'issuer-no-authority'],
    ['an issuer that may not sign certificates', 'issuer-signs-no-certificates'],
    ['certificates signed with SHA-1', 'sha1-certificates'],
    ['issuers with RSA of 1,024 bit', 'rsa-1024'],
    ['a path of nine certificates', 'too-long'],
    ['a certificate that had expired when it signed', 'expired'],
    ['an issuer that had expired', 'expired-issuer'],
  ];
  const [ecdsa, rsa] = [tokens('ecdsa'), tokens('rsa')];
  return [
    ...named.map(([name, from]) => make(name, tokens(from))),
    make('a path to another root', ecdsa, { tsa: { roots: [rsa.root] } }),
    make('a second root beside', ecdsa, { tsa: { roots: [rsa.root, ecdsa.root] } }),
  ];
}

function revocationCases(make: Make, tokens: Tokens): GoldenCase[] {
  const all = tokens('revoked');
  const before = tokens('revoked-before');
  const compromise = tokens('revoked-compromise');
  const by = (name: string, from: RecordedToken, ...lists: string[]): GoldenCase =>
    make(name, from, { proof: { revocation: lists.map((list) => from.revocation[list] as string) } });
  return [
    by('a list without the certificate', all, 'none'),
    by('an answer that says good', before, 'good'),
    by('revoked before, says a list', before, 'crl'),
    by('revoked before, says an answer', before, 'ocsp'),
    by('one answer says good, a list says revoked before', before, 'good', 'crl'),
    by('revoked after, says a list', all, 'after-crl'),
    by('revoked after, says an answer', all, 'after-ocsp'),
    by('revoked after for a lost key, says a list', compromise, 'crl'),
    by('revoked after for a lost key, says an answer', compromise, 'ocsp'),
    by('the issuer was revoked before, says a list', all, 'issuer-crl'),
    by('the issuer was revoked before, says an answer', all, 'issuer-ocsp'),
    make('lists of another authority', before, {
      proof: { revocation: [compromise.revocation['crl'], compromise.revocation['ocsp']] as string[] },
    }),
  ];
}

/** As deep as fits. */
function nested(): Uint8Array {
  const lengths: number[] = [];
  for (let size = 0; size + 4 <= DER_BYTES_MAX; size += 4) lengths.push(size);
  return Uint8Array.from(lengths.reverse().flatMap((size) => [0x30, 0x82, size >> 8, size & 0xff]));
}

/** Changes the value of the attribute messageDigest. */
function withDigestChanged(token: Uint8Array): Uint8Array {
  const changed = Buffer.from(token);
  const at = changed.indexOf(Buffer.from('06092a864886f70d010904', 'hex')) + 11 + 4;
  changed[at] = (changed[at] as number) ^ 1;
  return new Uint8Array(changed);
}
