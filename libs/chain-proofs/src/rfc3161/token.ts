import { readPlainOid, type Signed } from './algorithms.js';
import { context, contextConstructed, readDer, tags, type DerValue } from './der.js';
import {
  expectThat,
  inside,
  Members,
  readInteger,
  readOid,
  readPreciseTime,
  readStructure,
} from './der-members.js';

export const SIGNED_DATA = '1.2.840.113549.1.7.2';
export const TST_INFO = '1.2.840.113549.1.9.16.1.4';

/** What an authority says of a digest and a time (RFC 3161, section 2.4.2). */
export interface TstInfo {
  readonly policy: string;
  /** `undefined` where it is no plain algorithm. */
  readonly imprintAlgorithm: string | undefined;
  readonly imprint: Uint8Array;
  readonly serial: bigint;
  /** Whole milliseconds since 1970. */
  readonly genTimeMs: number;
  /** Microseconds; `undefined` where the token has none. */
  readonly accuracyMicroseconds: bigint | undefined;
  readonly nonce: bigint | undefined;
}

/** By what a token names the certificate that signed it (RFC 5652, section 5.3). */
export type SignerIdentifier =
  { readonly issuer: Uint8Array; readonly serial: bigint } | { readonly keyIdentifier: Uint8Array };

/** A signed attribute with its values. */
export interface Attribute {
  readonly oid: string;
  readonly values: readonly DerValue[];
}

/** A TimeStampToken as its bytes say it; nothing of it is checked. */
export interface TimeStampToken {
  readonly info: TstInfo;
  /** The bytes of TSTInfo, which `messageDigest` is the digest of. */
  readonly content: Uint8Array;
  /** Certificates inside, each of which may be none. */
  readonly certificates: readonly DerValue[];
  readonly signer: SignerIdentifier;
  readonly digestAlgorithm: string;
  readonly attributes: readonly Attribute[];
  /** The signature over the signed attributes. */
  readonly signed: Signed;
}

/**
 * Reads a token: SignedData of one signer around a TSTInfo of version 1.
 *
 * @throws UnexpectedDer where it is none
 */
export function tokenOf(value: DerValue): TimeStampToken {
  const outer = new Members(value);
  expectThat(readOid(outer.take(tags.oid)) === SIGNED_DATA);
  const signedData = new Members(inside(outer.take(contextConstructed(0))));
  outer.end();
  const version = readInteger(signedData.take(tags.integer));
  expectThat(version >= 1n && version <= 5n);
  signedData.take(tags.set);
  const content = contentOf(signedData.take(tags.sequence));
  const certificates = signedData.optional(contextConstructed(0))?.members ?? [];
  signedData.optional(contextConstructed(1));
  const signer = inside(signedData.take(tags.set));
  signedData.end();
  const info = readDer(content);
  expectThat(info !== undefined);
  return { info: tstInfoOf(info), content, certificates, ...signerOf(signer) };
}

function contentOf(value: DerValue): Uint8Array {
  const members = new Members(value);
  expectThat(readOid(members.take(tags.oid)) === TST_INFO);
  const content = inside(members.take(contextConstructed(0)), tags.octetString).content;
  members.end();
  return content;
}

function tstInfoOf(value: DerValue): TstInfo {
  const members = new Members(value);
  expectThat(readInteger(members.take(tags.integer)) === 1n);
  const policy = readOid(members.take(tags.oid));
  const imprint = new Members(members.take(tags.sequence));
  const algorithm = imprint.take(tags.sequence);
  const digest = imprint.take(tags.octetString).content;
  imprint.end();
  const serial = readInteger(members.take(tags.integer));
  const genTimeMs = readPreciseTime(members.take(tags.generalizedTime));
  const accuracy = members.optional(tags.sequence);
  members.optional(tags.boolean);
  const nonce = members.optional(tags.integer);
  members.optional(contextConstructed(0));
  members.optional(contextConstructed(1));
  members.end();
  return {
    policy,
    imprintAlgorithm: readStructure(() => readPlainOid(algorithm)),
    imprint: digest,
    serial,
    genTimeMs,
    accuracyMicroseconds: accuracy && accuracyOf(accuracy),
    nonce: nonce && readInteger(nonce),
  };
}

function accuracyOf(value: DerValue): bigint {
  const members = new Members(value);
  const part = (tag: number, least: bigint, most?: bigint): bigint => {
    const member = members.optional(tag);
    if (!member) return 0n;
    const number = readInteger(member);
    expectThat(number >= least && (most === undefined || number <= most));
    return number;
  };
  const seconds = part(tags.integer, 0n);
  const [milliseconds, microseconds] = [part(context(0), 1n, 999n), part(context(1), 1n, 999n)];
  members.end();
  return (seconds * 1_000n + milliseconds) * 1_000n + microseconds;
}

type SignerParts = Pick<TimeStampToken, 'signer' | 'digestAlgorithm' | 'attributes' | 'signed'>;

function signerOf(value: DerValue): SignerParts {
  const members = new Members(value);
  const version = readInteger(members.take(tags.integer));
  expectThat(version === 1n || version === 3n);
  const signer = identifierOf(members.take());
  const digestAlgorithm = readPlainOid(members.take(tags.sequence));
  const attributes = members.optional(contextConstructed(0));
  const algorithm = members.take(tags.sequence);
  const signature = members.take(tags.octetString).content;
  members.optional(contextConstructed(1));
  members.end();
  // What is signed is the SET that the implicit tag stands for (RFC 5652, section 5.4).
  const message = Uint8Array.from(attributes?.whole ?? []);
  if (attributes) message[0] = tags.set;
  return {
    signer,
    digestAlgorithm,
    attributes: attributes?.members.map(attributeOf) ?? [],
    signed: { message, algorithm, signature },
  };
}

function identifierOf(value: DerValue): SignerIdentifier {
  if (value.tag === context(0)) return { keyIdentifier: value.content };
  return issuerAndSerialOf(value);
}

/** Reads an issuer's name and a serial number. */
function issuerAndSerialOf(value: DerValue): { issuer: Uint8Array; serial: bigint } {
  const members = new Members(value);
  const issuer = members.take(tags.sequence).whole;
  const serial = readInteger(members.take(tags.integer));
  members.end();
  return { issuer, serial };
}

function attributeOf(value: DerValue): Attribute {
  const members = new Members(value);
  const oid = readOid(members.take(tags.oid));
  const values = members.take(tags.set).members;
  members.end();
  return { oid, values };
}
