import { sha1 } from '@noble/hashes/legacy.js';
import type { PkiCurve, PkiHash, PkiPublicKey, PkiVerifier } from '@touchstone/crypto';
import { createPkiVerifier, pkiDigest } from '@touchstone/crypto';
import { contextConstructed, readDer, tags, type DerValue } from './der.js';
import { expectThat, inside, Members, readBits, readInteger, readOid, readStructure } from './der-members.js';

const HASHES: Readonly<Record<string, PkiHash>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

export const SHA_1 = '1.3.14.3.2.26';
export const SHA_256 = '2.16.840.1.101.3.4.2.1';

/** An algorithm of signatures: the kind of key that it needs, and the digest where it names one. */
interface SignatureAlgorithm {
  readonly key: PkiPublicKey['kind'];
  readonly hash?: PkiHash;
  readonly pss?: { readonly saltBytes: number };
}

const RSA = '1.2.840.113549.1.1';
const RSA_PSS = `${RSA}.10`;
const MGF1 = `${RSA}.8`;
const PSS_SALT_DEFAULT_BYTES = 20n;
/** Most bytes of a salt of RSASSA-PSS. */
export const PSS_SALT_BYTES_MAX = 512;
const ECDSA_WITH_SHA2 = '1.2.840.10045.4.3';
const SIGNATURES: Readonly<Record<string, SignatureAlgorithm>> = {
  [`${RSA}.1`]: { key: 'rsa' },
  [`${RSA}.11`]: { key: 'rsa', hash: 'sha256' },
  [`${RSA}.12`]: { key: 'rsa', hash: 'sha384' },
  [`${RSA}.13`]: { key: 'rsa', hash: 'sha512' },
  [`${ECDSA_WITH_SHA2}.2`]: { key: 'ecdsa', hash: 'sha256' },
  [`${ECDSA_WITH_SHA2}.3`]: { key: 'ecdsa', hash: 'sha384' },
  [`${ECDSA_WITH_SHA2}.4`]: { key: 'ecdsa', hash: 'sha512' },
};

const EC_PUBLIC_KEY = '1.2.840.10045.2.1';
const CURVES: Readonly<Record<string, PkiCurve>> = {
  '1.2.840.10045.3.1.7': 'P-256',
  '1.3.132.0.34': 'P-384',
  '1.3.132.0.35': 'P-521',
};

/** An AlgorithmIdentifier. */
export interface Algorithm {
  readonly oid: string;
  /** True where it has no parameters but NULL. */
  readonly plain: boolean;
  readonly parameters: DerValue | undefined;
}

export function readAlgorithm(value: DerValue): Algorithm {
  const members = new Members(value);
  const oid = readOid(members.take(tags.oid));
  const [, parameters] = value.members;
  if (parameters) members.take();
  members.end();
  return { oid, parameters, plain: parameters === undefined || parameters.tag === tags.null };
}

/** The digest of an object identifier; `undefined` where it is none that counts. */
export function hashOf(oid: string): PkiHash | undefined {
  return HASHES[oid];
}

/**
 * The function of a digest that only names or compares what a signature covers anyway, so that SHA-1 is one of them.
 *
 * @returns `undefined` where it is unknown
 */
export function digestFunction(oid: string): ((data: Uint8Array) => Uint8Array) | undefined {
  if (oid === SHA_1) return (data) => sha1(data);
  const hash = HASHES[oid];
  return hash && ((data) => pkiDigest(hash, data));
}

/** The object identifier of an algorithm without parameters. */
export function readPlainOid(value: DerValue): string {
  const { oid, plain } = readAlgorithm(value);
  expectThat(plain);
  return oid;
}

/** A public key as a certificate has it; `undefined` where no signature of it counts. */
export interface CertifiedKey {
  readonly kind: PkiPublicKey['kind'];
  readonly verify: PkiVerifier;
}

/** Reads a SubjectPublicKeyInfo. */
export function readPublicKey(value: DerValue): CertifiedKey | undefined {
  const members = new Members(value);
  const algorithm = readAlgorithm(members.take(tags.sequence));
  const bits = members.take(tags.bitString);
  members.end();
  const key = publicKeyOf(algorithm, bits);
  const verify = key && createPkiVerifier(key);
  return verify && { kind: key.kind, verify };
}

function publicKeyOf({ oid, plain, parameters }: Algorithm, bits: DerValue): PkiPublicKey | undefined {
  if (oid === `${RSA}.1` && plain) return readRsaKey(readBits(bits));
  if (oid !== EC_PUBLIC_KEY || parameters?.tag !== tags.oid) return undefined;
  const curve = CURVES[readOid(parameters)];
  return curve && { kind: 'ecdsa', curve, point: readBits(bits) };
}

function readRsaKey(bytes: Uint8Array): PkiPublicKey | undefined {
  const value = readDer(bytes);
  expectThat(value !== undefined);
  const members = new Members(value);
  const [modulus, exponent] = [members.take(tags.integer), members.take(tags.integer)];
  members.end();
  if (readInteger(modulus) <= 0n || readInteger(exponent) <= 0n) return undefined;
  return { kind: 'rsa', modulus: unsigned(modulus.content), exponent: unsigned(exponent.content) };
}

const unsigned = (content: Uint8Array): Uint8Array => content.subarray(content[0] === 0 ? 1 : 0);

/** A signature over bytes, with the AlgorithmIdentifier that it was made by. */
export interface Signed {
  readonly message: Uint8Array;
  readonly algorithm: DerValue;
  readonly signature: Uint8Array;
}

/**
 * True where the key made the signature with an algorithm that counts.
 *
 * @param digest the digest that stands beside the algorithm in CMS, which both must name
 */
export function isSignedBy(
  { message, algorithm, signature }: Signed,
  key: CertifiedKey | undefined,
  digest?: PkiHash,
): boolean {
  const read = readStructure(() => signatureAlgorithm(readAlgorithm(algorithm)));
  const hash = read?.hash ?? digest;
  if (!read || hash === undefined || (digest !== undefined && hash !== digest)) return false;
  return key?.kind === read.key && key.verify(hash, message, signature, read.pss);
}

function signatureAlgorithm({ oid, plain, parameters }: Algorithm): SignatureAlgorithm | undefined {
  if (oid === RSA_PSS) return pssOf(parameters);
  const known = SIGNATURES[oid];
  // RSA has NULL there, ECDSA has nothing (RFC 5754, section 3).
  return known?.key === 'rsa' ? (plain ? known : undefined) : parameters ? undefined : known;
}

/** Parameters of RSASSA-PSS (RFC 4055, section 3.1), whose defaults are those of SHA-1 and therefore refused. */
function pssOf(parameters: DerValue | undefined): SignatureAlgorithm | undefined {
  expectThat(parameters !== undefined);
  const members = new Members(parameters);
  const hashes = inside(members.take(contextConstructed(0)));
  const mask = readAlgorithm(inside(members.take(contextConstructed(1))));
  const salt = members.optional(contextConstructed(2));
  const trailer = members.optional(contextConstructed(3));
  members.end();
  const oid = readPlainOid(hashes);
  expectThat(mask.oid === MGF1 && mask.parameters !== undefined && readPlainOid(mask.parameters) === oid);
  expectThat(!trailer || readInteger(inside(trailer, tags.integer)) === 1n);
  const saltBytes = salt ? readInteger(inside(salt, tags.integer)) : PSS_SALT_DEFAULT_BYTES;
  const hash = HASHES[oid];
  expectThat(saltBytes >= 0n && saltBytes <= BigInt(PSS_SALT_BYTES_MAX) && hash !== undefined);
  return { key: 'rsa', hash, pss: { saltBytes: Number(saltBytes) } };
}
