import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { bits, der, explicit, integer, octets, oid, sequence, set, text, yes } from './der-writer.js';

/** Certificates and tokens of which a test says every part, signed with keys of this process. */
export interface Party {
  readonly name: Uint8Array;
  readonly privateKey: KeyObject;
  readonly publicKey: Uint8Array;
}

export const nameOf = (name: string): Uint8Array =>
  sequence(set(sequence(oid('2.5.4.3'), der(0x0c, text(name)))));

export function party(name: string): Party {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }));
  return { name: nameOf(name), privateKey, publicKey: spki };
}

export const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));
export const SHA256 = sequence(oid('2.16.840.1.101.3.4.2.1'));
export const POLICY = '1.2.3.4';
export const GEN_TIME_MS = Date.UTC(2026, 5, 1, 12);

const signature = (message: Uint8Array, by: Party): Uint8Array =>
  new Uint8Array(sign('sha256', message, by.privateKey));

/** A signed structure: what is signed, the algorithm, and the signature. */
export const signed = (tbs: Uint8Array, by: Party, algorithm = ECDSA_SHA256): Uint8Array =>
  sequence(tbs, algorithm, bits(signature(tbs, by)));

export const extension = (name: string, value: Uint8Array, critical = true): Uint8Array =>
  sequence(oid(name), ...(critical ? [yes] : []), octets(value));

export const constraints = (pathLength?: number): Uint8Array =>
  extension('2.5.29.19', sequence(yes, ...(pathLength === undefined ? [] : [integer(pathLength)])));
export const usage = (bitsUsed: number): Uint8Array => extension('2.5.29.15', der(0x03, [1], [bitsUsed]));
export const purpose = (...purposes: string[]): Uint8Array =>
  extension('2.5.29.37', sequence(...purposes.map(oid)));
export const AUTHORITY_EXTENSIONS = [constraints(), usage(0x06)];
export const SIGNER_EXTENSIONS = [purpose('1.3.6.1.5.5.7.3.8')];

export interface CertificateParts {
  readonly issuer?: Party;
  readonly serial?: number;
  readonly version?: Uint8Array;
  readonly innerAlgorithm?: Uint8Array;
  readonly algorithm?: Uint8Array;
  readonly validity?: Uint8Array;
  readonly publicKey?: Uint8Array;
  readonly identifiers?: Uint8Array;
  readonly extensions?: readonly Uint8Array[];
  readonly tagged?: Uint8Array;
}

export const utcTime = (characters: string): Uint8Array => der(0x17, text(characters));
export const generalizedTime = (characters: string): Uint8Array => der(0x18, text(characters));

/** A certificate of `subject`; signed by itself where no issuer is named. */
export function certificate(subject: Party, parts: CertificateParts = {}): Uint8Array {
  const { issuer = subject, algorithm = ECDSA_SHA256, extensions = AUTHORITY_EXTENSIONS } = parts;
  const tbs = sequence(
    parts.version ?? explicit(0, integer(2)),
    integer(parts.serial ?? 7),
    parts.innerAlgorithm ?? algorithm,
    issuer.name,
    parts.validity ?? sequence(utcTime('260101000000Z'), generalizedTime('20500101000000Z')),
    subject.name,
    parts.publicKey ?? subject.publicKey,
    parts.identifiers ?? [],
    parts.tagged ?? (extensions.length > 0 ? explicit(3, sequence(...extensions)) : []),
  );
  return signed(tbs, issuer, algorithm);
}

export const digest = (algorithm: string, data: Uint8Array): Uint8Array =>
  new Uint8Array(createHash(algorithm).update(data).digest());

export const attribute = (name: string, ...values: Uint8Array[]): Uint8Array =>
  sequence(oid(name), set(...values));
export const CONTENT_TYPE = attribute('1.2.840.113549.1.9.3', oid('1.2.840.113549.1.9.16.1.4'));
export const messageDigest = (content: Uint8Array, algorithm = 'sha256'): Uint8Array =>
  attribute('1.2.840.113549.1.9.4', octets(digest(algorithm, content)));

/** ESSCertIDv2 of a certificate, by SHA-256 where no algorithm is named. */
export const essV2 = (der: Uint8Array, ...more: Uint8Array[]): Uint8Array =>
  attribute(
    '1.2.840.113549.1.9.16.2.47',
    sequence(sequence(sequence(octets(digest('sha256', der)), ...more))),
  );
export const essV1 = (der: Uint8Array, ...more: Uint8Array[]): Uint8Array =>
  attribute('1.2.840.113549.1.9.16.2.12', sequence(sequence(sequence(octets(digest('sha1', der)), ...more))));
export const issuerSerial = (issuer: Uint8Array, serial: number): Uint8Array =>
  sequence(sequence(explicit(4, issuer)), integer(serial));

export interface TstInfoParts {
  readonly version?: number;
  readonly imprintAlgorithm?: Uint8Array;
  readonly genTime?: Uint8Array;
  readonly more?: readonly Uint8Array[];
}

export function tstInfo(commitment: Uint8Array, parts: TstInfoParts = {}): Uint8Array {
  return sequence(
    integer(parts.version ?? 1),
    oid(POLICY),
    sequence(parts.imprintAlgorithm ?? SHA256, octets(commitment)),
    integer(1),
    parts.genTime ?? generalizedTime('20260601120000Z'),
    ...(parts.more ?? []),
  );
}

export interface TokenParts {
  readonly contentType?: string;
  readonly versions?: readonly [number, number];
  readonly certificates?: readonly Uint8Array[];
  readonly attributes?: readonly Uint8Array[];
  readonly identifier?: Uint8Array;
  readonly digestAlgorithm?: Uint8Array;
  readonly algorithm?: Uint8Array;
  readonly signers?: number;
  readonly behind?: readonly Uint8Array[];
}

/** A token around `content`, signed by `signer` whose certificate is `der`. */
export function token(
  content: Uint8Array,
  signer: Party,
  der_: Uint8Array,
  parts: TokenParts = {},
): Uint8Array {
  const { attributes = [CONTENT_TYPE, messageDigest(content), essV2(der_)], versions = [3, 1] } = parts;
  const message = attributes.length > 0 ? set(...attributes) : content;
  const info = sequence(
    integer(versions[1]),
    parts.identifier ?? sequence(nameOf('root'), integer(8)),
    parts.digestAlgorithm ?? SHA256,
    ...(attributes.length > 0 ? [explicit(0, ...attributes)] : []),
    parts.algorithm ?? ECDSA_SHA256,
    octets(signature(message, signer)),
    ...(parts.behind ?? []),
  );
  return sequence(
    oid('1.2.840.113549.1.7.2'),
    explicit(
      0,
      sequence(
        integer(versions[0]),
        set(SHA256),
        sequence(oid(parts.contentType ?? '1.2.840.113549.1.9.16.1.4'), explicit(0, octets(content))),
        explicit(0, ...(parts.certificates ?? [der_])),
        set(...Array.from({ length: parts.signers ?? 1 }, () => info)),
      ),
    ),
  );
}
