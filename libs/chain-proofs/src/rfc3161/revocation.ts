import { equalBytes } from '../equal-bytes.js';
import { digestFunction, isSignedBy, readPlainOid, type Signed } from './algorithms.js';
import type { Certificate } from './certificate.js';
import { contextConstructed, readDer, tags, type DerValue } from './der.js';
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

/** When and whether for a lost key a certificate was revoked. */
export interface Revocation {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly keyCompromise: boolean;
}

/** A CRL (RFC 5280, section 5) or an OCSP response (RFC 6960), read and not yet believed. */
export interface RevocationData {
  /** True where the certificate signed it and may do so. */
  isSignedBy(issuer: Certificate): boolean;
  /** What it says of a certificate of that issuer; `undefined` where it does not say that it is revoked. */
  find(certificate: Certificate, issuer: Certificate): Revocation | undefined;
}

/**
 * Reads a CRL or an OCSP response.
 *
 * @returns `undefined` where it is neither, or says something that is not understood here
 */
export function readRevocationData(value: DerValue): RevocationData | undefined {
  return readStructure(() => crlOf(value)) ?? readStructure(() => ocspOf(value));
}

const CRL_REASON = '2.5.29.21';
/** keyCompromise and cACompromise (RFC 5280, section 5.3.1): somebody else may have the certificate's key. */
const COMPROMISED: readonly bigint[] = [1n, 2n];
const OCSP_BASIC = '1.3.6.1.5.5.7.48.1.1';

/** A signed structure of three members: what is signed, the algorithm, and the signature. */
function signedPart(members: Members): { tbs: DerValue; algorithm: DerValue; signed: Signed } {
  const tbs = members.take(tags.sequence);
  const algorithm = members.take(tags.sequence);
  const signature = readBits(members.take(tags.bitString));
  return { tbs, algorithm, signed: { message: tbs.whole, algorithm, signature } };
}

function crlOf(value: DerValue): RevocationData {
  const outer = new Members(value);
  const { tbs, algorithm, signed } = signedPart(outer);
  outer.end();
  const fields = new Members(tbs);
  fields.optional(tags.integer);
  expectThat(equalBytes(fields.take(tags.sequence).whole, algorithm.whole));
  const issuerName = fields.take(tags.sequence).whole;
  readTime(fields.take());
  fields.optional(tags.utcTime, tags.generalizedTime);
  const entries = fields.optional(tags.sequence)?.members ?? [];
  fields.optional(contextConstructed(0));
  fields.end();
  return {
    isSignedBy: ({ subject, key }) => equalBytes(subject, issuerName) && isSignedBy(signed, key),
    find: ({ serial }) => readStructure(() => entryOf(entries, serial)),
  };
}

function entryOf(entries: readonly DerValue[], serial: bigint): Revocation | undefined {
  const entry = entries.find(
    ({ members: [number] }) => number?.tag === tags.integer && readInteger(number) === serial,
  );
  if (!entry) return undefined;
  const members = new Members(entry);
  members.take();
  const atMs = readTime(members.take());
  const extensions = members.optional(tags.sequence)?.members ?? [];
  members.end();
  const reason = extensions.map(reasonOf).find((code) => code !== undefined);
  return { atMs, keyCompromise: reason !== undefined && COMPROMISED.includes(reason) };
}

/** The reason that an extension of an entry gives; `undefined` where it is about something else. */
function reasonOf(extension: DerValue): bigint | undefined {
  const members = new Members(extension);
  if (readOid(members.take(tags.oid)) !== CRL_REASON) return undefined;
  members.optional(tags.boolean);
  const code = readDer(members.take(tags.octetString).content);
  members.end();
  expectThat(code?.tag === tags.enumerated);
  return readInteger(code);
}

function ocspOf(value: DerValue): RevocationData {
  const response = new Members(value);
  expectThat(readInteger(response.take(tags.enumerated)) === 0n);
  const bytes = new Members(inside(response.take(contextConstructed(0))));
  response.end();
  expectThat(readOid(bytes.take(tags.oid)) === OCSP_BASIC);
  const basic = readDer(bytes.take(tags.octetString).content);
  bytes.end();
  expectThat(basic !== undefined);
  const outer = new Members(basic);
  const { tbs, signed } = signedPart(outer);
  outer.optional(contextConstructed(0));
  outer.end();
  const fields = new Members(tbs);
  fields.optional(contextConstructed(0));
  fields.take();
  fields.take(tags.generalizedTime);
  const answers = fields.take(tags.sequence).members.map(answerOf);
  fields.optional(contextConstructed(1));
  fields.end();
  return {
    isSignedBy: ({ key }) => isSignedBy(signed, key),
    find: (certificate, issuer) => answers.find((answer) => answer.isOf(certificate, issuer))?.revocation,
  };
}

interface Answer {
  readonly isOf: (certificate: Certificate, issuer: Certificate) => boolean;
  readonly revocation: Revocation | undefined;
}

function answerOf(value: DerValue): Answer {
  const members = new Members(value);
  const id = new Members(members.take(tags.sequence));
  const digest = digestFunction(readPlainOid(id.take(tags.sequence)));
  const [nameHash, keyHash] = [id.take(tags.octetString).content, id.take(tags.octetString).content];
  const serial = readInteger(id.take(tags.integer));
  id.end();
  const status = members.take();
  return {
    isOf: (certificate, issuer) =>
      digest !== undefined &&
      certificate.serial === serial &&
      equalBytes(digest(issuer.subject), nameHash) &&
      equalBytes(digest(issuer.keyBits), keyHash),
    revocation: status.tag === contextConstructed(1) ? revokedInfoOf(status) : undefined,
  };
}

function revokedInfoOf(value: DerValue): Revocation {
  const members = new Members(value, value.tag);
  const atMs = readTime(members.take(tags.generalizedTime));
  const reason = members.optional(contextConstructed(0));
  members.end();
  return {
    atMs,
    keyCompromise: reason !== undefined && COMPROMISED.includes(readInteger(inside(reason, tags.enumerated))),
  };
}
