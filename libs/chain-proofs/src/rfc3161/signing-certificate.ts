import { equalBytes } from '../equal-bytes.js';
import { digestFunction, hashOf, readPlainOid, SHA_1, SHA_256 } from './algorithms.js';
import type { Certificate } from './certificate.js';
import { contextConstructed, tags, type DerValue } from './der.js';
import { expectThat, inside, Members, readInteger, readStructure } from './der-members.js';
import type { Attribute, SignerIdentifier, TimeStampToken } from './token.js';

const SIGNING_CERTIFICATE = '1.2.840.113549.1.9.16.2.12';
const SIGNING_CERTIFICATE_V2 = '1.2.840.113549.1.9.16.2.47';

/** By what the signed attributes name the certificate: its hash, and where it is there its issuer and serial number. */
interface EssCertId {
  readonly digest: (der: Uint8Array) => Uint8Array;
  readonly hash: Uint8Array;
  readonly issuer: Uint8Array | undefined;
  readonly serial: bigint | undefined;
}

/**
 * Finds the certificate that a token says it was signed with, by ESSCertID (RFC 2634) or ESSCertIDv2 (RFC 5816), by both where both are there.
 * Without them, a signature would hold under every certificate with the same key.
 *
 * @param read reads a certificate, or answers `undefined`
 */
export function signingCertificate(
  { attributes, signer }: TimeStampToken,
  candidates: readonly DerValue[],
  read: (der: DerValue) => Certificate | undefined,
): Certificate | undefined {
  const ids = readStructure(() => essCertIds(attributes));
  if (ids === undefined || ids.length === 0) return undefined;
  for (const candidate of candidates) {
    if (!ids.every(({ digest, hash }) => equalBytes(digest(candidate.whole), hash))) continue;
    const certificate = read(candidate);
    if (certificate && isNamed(certificate, signer) && ids.every((id) => isOf(certificate, id)))
      return certificate;
  }
  return undefined;
}

function isNamed(certificate: Certificate, signer: SignerIdentifier): boolean {
  if ('keyIdentifier' in signer) {
    const { keyIdentifier } = certificate.extensions;
    return keyIdentifier !== undefined && equalBytes(keyIdentifier, signer.keyIdentifier);
  }
  return certificate.serial === signer.serial && equalBytes(certificate.issuer, signer.issuer);
}

function isOf(certificate: Certificate, { issuer, serial }: EssCertId): boolean {
  return issuer === undefined || (certificate.serial === serial && equalBytes(certificate.issuer, issuer));
}

/** The first of each attribute, which is the certificate of the signer; those that follow are of its issuers. */
function essCertIds(attributes: readonly Attribute[]): EssCertId[] {
  const versions = [
    { oid: SIGNING_CERTIFICATE, read: essCertId },
    { oid: SIGNING_CERTIFICATE_V2, read: essCertIdV2 },
  ];
  return versions.flatMap(({ oid, read }) => {
    const [attribute, ...others] = attributes.filter((each) => each.oid === oid);
    if (!attribute) return [];
    const [value, ...otherValues] = attribute.values;
    expectThat(value !== undefined && others.length === 0 && otherValues.length === 0);
    const [first] = new Members(value).take(tags.sequence).members;
    expectThat(first !== undefined);
    return [read(new Members(first))];
  });
}

function essCertId(members: Members): EssCertId {
  return withDigest(SHA_1, members);
}

function essCertIdV2(members: Members): EssCertId {
  const algorithm = members.optional(tags.sequence);
  const oid = algorithm ? readPlainOid(algorithm) : SHA_256;
  expectThat(hashOf(oid) !== undefined);
  return withDigest(oid, members);
}

function withDigest(oid: string, members: Members): EssCertId {
  const digest = digestFunction(oid) as EssCertId['digest'];
  const hash = members.take(tags.octetString).content;
  const place = members.optional(tags.sequence);
  members.end();
  if (!place) return { digest, hash, issuer: undefined, serial: undefined };
  const parts = new Members(place);
  const names = parts.take(tags.sequence).members.filter(({ tag }) => tag === contextConstructed(4));
  const serial = readInteger(parts.take(tags.integer));
  parts.end();
  // One directory name among the GeneralNames (RFC 5280, section 4.2.1.6).
  const [issuer, ...others] = names;
  expectThat(issuer !== undefined && others.length === 0);
  return { digest, hash, issuer: inside(issuer).whole, serial };
}
