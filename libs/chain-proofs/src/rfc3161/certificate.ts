import { bytesToHex, sha256 } from '@touchstone/crypto';
import { equalBytes } from '../equal-bytes.js';
import { isSignedBy, readPublicKey, type CertifiedKey, type Signed } from './algorithms.js';
import { context, contextConstructed, readDer, tags, type DerValue } from './der.js';
import {
  expectThat,
  inside,
  Members,
  readBits,
  readInteger,
  readOid,
  readStructure,
  readTime,
} from './der-members.js';

/** An X.509 certificate (RFC 5280, section 4.1), as far as paths and tokens need it. */
export interface Certificate {
  /** SHA-256 of the certificate in hex. */
  readonly id: string;
  readonly der: Uint8Array;
  readonly serial: bigint;
  /** DER of the names, which are the same only where all bytes are. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** `undefined` where no signature of it counts. */
  readonly key: CertifiedKey | undefined;
  /** The bits of the key, which OCSP hashes. */
  readonly keyBits: Uint8Array;
  readonly signed: Signed;
  readonly extensions: Extensions;
}

/** What the extensions say. */
export interface Extensions {
  /** True of a certificate that may issue others; with how many others in between. */
  readonly authority: boolean;
  readonly pathLength: bigint | undefined;
  readonly signsCertificates: boolean;
  readonly purposes: readonly string[];
  readonly purposesAreCritical: boolean;
  readonly keyIdentifier: Uint8Array | undefined;
  /** True where a critical one is unknown here, so that the certificate says something that nobody checks. */
  readonly unknownCritical: boolean;
}

/** One extension. */
interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  readonly value: Uint8Array;
}

const BASIC_CONSTRAINTS = '2.5.29.19';
const KEY_USAGE = '2.5.29.15';
const EXTENDED_KEY_USAGE = '2.5.29.37';
const SUBJECT_KEY_IDENTIFIER = '2.5.29.14';
/** Critical ones that are understood, or, like other names and policies, say nothing that a path would have to respect. */
const UNDERSTOOD = new Set([BASIC_CONSTRAINTS, KEY_USAGE, EXTENDED_KEY_USAGE, '2.5.29.17', '2.5.29.32']);

/**
 * Reads a certificate.
 *
 * @param der one value of DER
 * @returns `undefined` where it is none
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { readFileSync } from 'node:fs';
 * import { readCertificate } from '@touchstone/chain-proofs';
 *
 * const { tokens } = JSON.parse(readFileSync('libs/chain-proofs/vectors/time-stamp-tokens.json', 'utf8'));
 * const root = readCertificate(Buffer.from(tokens['rsa'].root, 'base64'));
 * assert.equal(root?.extensions.authority, true);
 * assert.equal(readCertificate(new Uint8Array(3)), undefined);
 * ```
 */
export function readCertificate(der: Uint8Array): Certificate | undefined {
  const value = readDer(der);
  return value && readStructure(() => certificateOf(value));
}

/** Reads a certificate that is part of another structure. */
export function certificateOf(value: DerValue): Certificate {
  const outer = new Members(value);
  const tbs = outer.take(tags.sequence);
  const algorithm = outer.take(tags.sequence);
  const signature = readBits(outer.take(tags.bitString));
  outer.end();
  const fields = new Members(tbs);
  // Version 3 (RFC 5280, section 4.1.2.1): the earlier ones say nothing of what a certificate is for.
  expectThat(readInteger(inside(fields.take(contextConstructed(0)), tags.integer)) === 2n);
  const serial = readInteger(fields.take(tags.integer));
  // The algorithm stands twice, and only the inner one is signed.
  expectThat(equalBytes(fields.take(tags.sequence).whole, algorithm.whole));
  const issuer = fields.take(tags.sequence).whole;
  const validity = new Members(fields.take(tags.sequence));
  const [notBeforeMs, notAfterMs] = [readTime(validity.take()), readTime(validity.take())];
  validity.end();
  const subject = fields.take(tags.sequence).whole;
  const publicKey = fields.take(tags.sequence);
  fields.optional(context(1));
  fields.optional(context(2));
  const extensions = readExtensions(fields.optional(contextConstructed(3)));
  fields.end();
  return {
    id: bytesToHex(sha256(value.whole)),
    der: value.whole,
    serial,
    issuer,
    subject,
    notBeforeMs,
    notAfterMs,
    key: readPublicKey(publicKey),
    keyBits: (publicKey.members[1] as DerValue).content.subarray(1),
    signed: { message: tbs.whole, algorithm, signature },
    extensions: meaningOf(extensions),
  };
}

/** Reads explicitly tagged extensions; no two are of one kind. */
function readExtensions(tagged: DerValue | undefined): Extension[] {
  if (!tagged) return [];
  const list = new Members(inside(tagged));
  const extensions: Extension[] = [];
  for (let each = list.optional(tags.sequence); each; each = list.optional(tags.sequence)) {
    const members = new Members(each);
    const oid = readOid(members.take(tags.oid));
    const critical = members.optional(tags.boolean);
    // DER leaves out what is the default.
    expectThat(critical === undefined || critical.content[0] === 0xff);
    const value = members.take(tags.octetString).content;
    members.end();
    extensions.push({ oid, critical: critical !== undefined, value });
  }
  list.end();
  expectThat(new Set(extensions.map(({ oid }) => oid)).size === extensions.length);
  return extensions;
}

function meaningOf(extensions: readonly Extension[]): Extensions {
  const find = (oid: string): Extension | undefined => extensions.find((each) => each.oid === oid);
  const valueOf = (oid: string): DerValue | undefined => {
    const extension = find(oid);
    const value = extension && readDer(extension.value);
    expectThat(!extension || value !== undefined);
    return value;
  };
  const usage = valueOf(KEY_USAGE);
  const bits = usage && usedBits(usage);
  const purposes = valueOf(EXTENDED_KEY_USAGE);
  expectThat(!purposes || purposes.tag === tags.sequence);
  return {
    ...constraintsOf(valueOf(BASIC_CONSTRAINTS)),
    signsCertificates: ((bits ?? 0) & 0x04) !== 0,
    purposes: purposes?.members.map(readOid) ?? [],
    purposesAreCritical: find(EXTENDED_KEY_USAGE)?.critical ?? false,
    keyIdentifier: valueOf(SUBJECT_KEY_IDENTIFIER)?.content,
    unknownCritical: extensions.some(({ oid, critical }) => critical && !UNDERSTOOD.has(oid)),
  };
}

/** The first byte of key usage, bit 0 being the highest. */
function usedBits({ tag, content }: DerValue): number | undefined {
  expectThat(tag === tags.bitString);
  return content[1];
}

function constraintsOf(value: DerValue | undefined): Pick<Extensions, 'authority' | 'pathLength'> {
  if (!value) return { authority: false, pathLength: undefined };
  const members = new Members(value);
  const authority = members.optional(tags.boolean)?.content[0] === 0xff;
  const length = members.optional(tags.integer);
  members.end();
  return { authority, pathLength: length && readInteger(length) };
}

/** True where the issuer may have issued the certificate, and its key signed it. */
export function isIssuedBy({ signed, issuer, extensions }: Certificate, by: Certificate): boolean {
  const { authority, signsCertificates, unknownCritical } = by.extensions;
  return (
    authority &&
    signsCertificates &&
    !unknownCritical &&
    !extensions.unknownCritical &&
    equalBytes(by.subject, issuer) &&
    isSignedBy(signed, by.key)
  );
}
