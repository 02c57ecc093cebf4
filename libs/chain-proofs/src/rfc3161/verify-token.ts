import { bytesToHex } from '@touchstone/crypto';
import { equalBytes } from '../equal-bytes.js';
import { digestFunction, hashOf, isSignedBy, SHA_256 } from './algorithms.js';
import { readCertificate, type Certificate } from './certificate.js';
import { readDer, tags, type DerValue } from './der.js';
import { readOid, readStructure } from './der-members.js';
import { CertificatePaths } from './paths.js';
import { signingCertificate } from './signing-certificate.js';
import { TST_INFO, tokenOf, type TimeStampToken } from './token.js';

/**
 * The check that a token fails, in the order in which they run:
 * - `der`: token, certificates and revocation data are one value of DER each, within the limits
 * - `content`: SignedData of one signer around a TSTInfo of version 1
 * - `imprint-algorithm`, `imprint`: the message imprint is the commitment, by SHA-256
 * - `signing-certificate`: the certificate that ESSCertID and SignerIdentifier name is there
 * - `attributes`: `contentType` and `messageDigest` stand once and are those of the content
 * - `signature`: the certificate's key signed the attributes
 * - `policy`, `serial`: what the trust file asks for
 * - `eku`: the certificate is for time-stamping alone, and says so critically
 * - `chain`, `validity`, `revoked`: a path leads from a root to the certificate, valid at the token's time, nothing of it revoked
 * - `accuracy`: not coarser than the trust file allows
 * - `time`: within what a date can say
 */
export type Rfc3161Check =
  | 'der'
  | 'content'
  | 'imprint-algorithm'
  | 'imprint'
  | 'signing-certificate'
  | 'attributes'
  | 'signature'
  | 'policy'
  | 'serial'
  | 'eku'
  | 'chain'
  | 'validity'
  | 'revoked'
  | 'accuracy'
  | 'time';

/** A failed check, with what it wanted and what it found. */
export interface Rfc3161Failure {
  readonly ok: false;
  readonly check: Rfc3161Check;
  readonly expected: string;
  readonly actual: string;
}

/** What a token that holds says. */
export interface Rfc3161Success {
  readonly ok: true;
  /** Whole milliseconds since 1970. */
  readonly genTimeMs: number;
  /** By how much the time may be off, in milliseconds; {@link TOKEN_ACCURACY_DEFAULT_MS} where the token does not say it. */
  readonly accuracyMs: number;
  readonly policy: string;
  /** Serial number of the certificate that signed. */
  readonly signerSerial: bigint;
  /** True where revocation data of the signing certificate's issuer was there. */
  readonly listed: boolean;
}

/** What a verifier believes of an authority. */
export interface TimeStampAuthority {
  readonly roots: readonly Uint8Array[];
  /** Object identifiers in dotted form. */
  readonly policies: readonly string[];
  readonly accuracyMaxMs?: number | undefined;
  /** Serial numbers of the certificates that may sign; any where it is absent. */
  readonly serials?: readonly bigint[] | undefined;
}

/** A token with what belongs to it, DER each. */
export interface Rfc3161Input {
  readonly token: Uint8Array;
  readonly certificates: readonly Uint8Array[];
  readonly revocation: readonly Uint8Array[];
  /** sha256 of the signed checkpoint. */
  readonly commitment: Uint8Array;
}

/** Accuracy of a token that does not state one (protocol section 5). */
export const TOKEN_ACCURACY_DEFAULT_MS = 1_000;
/** Largest time that a `Date` can hold, in milliseconds (ECMA-262, section 21.4.1.1). */
const DATE_MS_MAX = 8.64e15;

const TIME_STAMPING = '1.3.6.1.5.5.7.3.8';
const CONTENT_TYPE = '1.2.840.113549.1.9.3';
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4';

function fail(check: Rfc3161Check, expected: string, actual: string): Rfc3161Failure {
  return { ok: false, check, expected, actual };
}

/** Verifies the tokens of one authority; certificates and lists that it has verified once are remembered. */
export class TokenVerifier {
  readonly #paths: CertificatePaths;

  constructor(private readonly authority: TimeStampAuthority) {
    this.#paths = new CertificatePaths(authority.roots.flatMap((root) => readCertificate(root) ?? []));
  }

  /**
   * Checks that the authority stamped a commitment. It uses no network and never throws on bad input.
   *
   * @example
   * ```ts
   * import assert from 'node:assert/strict';
   * import { readFileSync } from 'node:fs';
   * import { TokenVerifier } from '@touchstone/chain-proofs';
   * import { base64ToBytes, hexToBytes } from '@touchstone/crypto';
   *
   * const vectors = JSON.parse(readFileSync('libs/chain-proofs/vectors/time-stamp-tokens.json', 'utf8'));
   * const { root, token } = vectors.tokens['rsa'];
   * const [rootDer, tokenDer] = [base64ToBytes(root), base64ToBytes(token)];
   * const commitment = hexToBytes(vectors.commitment, 32);
   * assert(rootDer && tokenDer && commitment);
   * const verifier = new TokenVerifier({ roots: [rootDer], policies: ['1.3.6.1.4.1.32473.3161'] });
   * const stamped = { token: tokenDer, certificates: [], revocation: [] };
   *
   * assert.equal(verifier.verify({ ...stamped, commitment }).ok, true);
   * const other = verifier.verify({ ...stamped, commitment: new Uint8Array(32) });
   * assert(!other.ok && other.check === 'imprint');
   * ```
   */
  verify({ token, certificates, revocation, commitment }: Rfc3161Input): Rfc3161Success | Rfc3161Failure {
    const values = [token, ...certificates, ...revocation].map(readDer);
    const [value, ...attached] = values;
    if (value === undefined || !attached.every((each) => each !== undefined)) {
      return fail('der', 'DER of one value each', `another encoding of part ${values.indexOf(undefined)}`);
    }
    const read = readStructure(() => tokenOf(value));
    if (read === undefined)
      return fail('content', 'SignedData of one signer around a TSTInfo', 'another structure');
    const beside = attached.slice(0, certificates.length);
    return (
      checkImprint(read, commitment) ??
      this.#judgeSigner(read, [...read.certificates, ...beside], attached.slice(certificates.length))
    );
  }

  #judgeSigner(
    token: TimeStampToken,
    candidates: readonly DerValue[],
    revocation: readonly DerValue[],
  ): Rfc3161Success | Rfc3161Failure {
    const signer = signingCertificate(token, candidates, (value) => this.#paths.read(value));
    if (!signer)
      return fail('signing-certificate', 'the certificate that the token names', 'no such certificate');
    const unsigned = checkSignature(token, signer) ?? checkAuthority(token, signer, this.authority);
    if (unsigned) return unsigned;
    const { genTimeMs, policy } = token.info;
    const path = this.#paths.judge(signer, candidates, revocation, genTimeMs);
    if (typeof path === 'string') {
      return fail(path, PATH_EXPECTED[path], `none at ${new Date(genTimeMs).toISOString()}`);
    }
    const accuracyMs = accuracyOf(token);
    return (
      checkTime(genTimeMs, accuracyMs, this.authority.accuracyMaxMs) ?? {
        ok: true,
        genTimeMs,
        accuracyMs: Number(accuracyMs),
        policy,
        signerSerial: signer.serial,
        listed: path.listed,
      }
    );
  }
}

const PATH_EXPECTED = {
  chain: 'a path to a root certificate of the trust file',
  validity: 'certificates that are valid at the token’s time',
  revoked: 'certificates that are not revoked',
} as const;

function checkImprint({ info }: TimeStampToken, commitment: Uint8Array): Rfc3161Failure | undefined {
  if (info.imprintAlgorithm !== SHA_256)
    return fail('imprint-algorithm', SHA_256, info.imprintAlgorithm ?? 'no plain algorithm');
  if (equalBytes(info.imprint, commitment)) return undefined;
  return fail('imprint', bytesToHex(commitment), bytesToHex(info.imprint.subarray(0, 64)));
}

function checkSignature(token: TimeStampToken, { key }: Certificate): Rfc3161Failure | undefined {
  const { signed, digestAlgorithm } = token;
  if (!areAttributesOf(token))
    return fail('attributes', 'contentType and messageDigest of the content', 'others');
  const digest = hashOf(digestAlgorithm);
  if (digest !== undefined && isSignedBy(signed, key, digest)) return undefined;
  return fail('signature', 'a signature of the certificate’s key', 'another');
}

function areAttributesOf({ attributes, digestAlgorithm, content }: TimeStampToken): boolean {
  const only = (oid: string): DerValue | undefined => {
    const values = attributes.filter((each) => each.oid === oid);
    const [attribute] = values;
    return values.length === 1 && attribute?.values.length === 1 ? attribute.values[0] : undefined;
  };
  const [type, digest, hash] = [only(CONTENT_TYPE), only(MESSAGE_DIGEST), digestFunction(digestAlgorithm)];
  return (
    type?.tag === tags.oid &&
    readStructure(() => readOid(type)) === TST_INFO &&
    digest?.tag === tags.octetString &&
    hash !== undefined &&
    equalBytes(digest.content, hash(content))
  );
}

function checkAuthority(
  { info }: TimeStampToken,
  { serial, extensions }: Certificate,
  { policies, serials }: TimeStampAuthority,
): Rfc3161Failure | undefined {
  if (!policies.includes(info.policy)) return fail('policy', policies.join(' or '), info.policy);
  if (serials && !serials.includes(serial)) return fail('serial', serials.join(' or '), shown(serial));
  const { purposes, purposesAreCritical } = extensions;
  if (purposesAreCritical && purposes.length === 1 && purposes[0] === TIME_STAMPING) return undefined;
  const actual = `${purposesAreCritical ? 'critical' : 'not critical'}: ${purposes.join(', ') || 'nothing'}`;
  return fail('eku', `critical: ${TIME_STAMPING}`, actual);
}

/** Whole milliseconds, rounded up. */
function accuracyOf({ info: { accuracyMicroseconds } }: TimeStampToken): bigint {
  if (accuracyMicroseconds === undefined) return BigInt(TOKEN_ACCURACY_DEFAULT_MS);
  return (accuracyMicroseconds + 999n) / 1_000n;
}

function checkTime(atMs: number, accuracyMs: bigint, mostMs: number | undefined): Rfc3161Failure | undefined {
  if (mostMs !== undefined && accuracyMs > BigInt(mostMs))
    return fail('accuracy', `at most ${mostMs} ms`, `${shown(accuracyMs)} ms`);
  if (BigInt(atMs) + accuracyMs <= BigInt(DATE_MS_MAX)) return undefined;
  return fail('time', 'a date', `${atMs} ms and ${shown(accuracyMs)} ms`);
}

/** A number of an untrusted token, which may have as many digits as fit into it. */
const shown = (number: bigint): string => {
  const hex = number.toString(16);
  return hex.length > 64 ? `a number of ${hex.length} hex digits` : `${number}`;
};
