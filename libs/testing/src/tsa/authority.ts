import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CertificateFolder, issuerExtensions, signerExtensions } from './certificates.js';
import { AUTHORITY_POLICY, type AuthorityDigest, type AuthorityOptions } from './options.js';
import { TokenSigner } from './token-signer.js';

/** What a token is asked for with. */
export interface StampOptions {
  /** The digest's own algorithm, which must fit its length: `sha256`. */
  readonly hash?: AuthorityDigest;
}

/** Of a revocation. */
export interface RevocationOptions {
  /** Now. */
  readonly at?: Date;
  /** In openssl's words, `keyCompromise` for example; without it no reason is given. */
  readonly reason?: string;
}

/** A time-stamping authority with all its keys. Its calls run one after the other, as `openssl ts` and its serial file need it. */
export interface TestAuthority {
  readonly folder: string;
  /** The root's certificate, DER. */
  readonly root: Uint8Array;
  /** The certificate that signs tokens, DER. */
  readonly signer: Uint8Array;
  /** The serial number of that, decimal. */
  readonly serial: string;
  /** The certificates that are not inside a token, as a proof has them: from leaf to root, without the root. DER. */
  readonly certificates: readonly Uint8Array[];
  readonly policy: string;
  /** A token (RFC 3161, section 2.4.2) for a digest: asked for with a nonce and `certReq`, DER. */
  stamp(digest: Uint8Array, options?: StampOptions): Uint8Array;
  /** A response (section 2.4.2) to a request, both DER. */
  reply(request: Uint8Array): Uint8Array;
  /** A token around any content, properly signed, so that the content alone is what is wrong. DER. */
  sign(tstInfo: Uint8Array): Uint8Array;
  /** The TSTInfo of a token of this authority, DER. */
  tstInfo(token: Uint8Array): Uint8Array;
  /** Revokes the certificate that signs, or by its number from the root the one in between. */
  revoke(which: 'signer' | number, options?: RevocationOptions): void;
  /** The list of the issuer of that certificate, DER. */
  crl(which: 'signer' | number): Uint8Array;
  /** That issuer's OCSP response about the certificate, DER. */
  ocsp(which: 'signer' | number): Uint8Array;
  /** What `openssl ts -verify` says of a token for a SHA-256 digest, at the time when it is asked; '' when it holds. */
  opensslObjection(token: Uint8Array, digest: Uint8Array): string;
  /** Removes the folder. */
  remove(): void;
}

/** Makes the certificates of an authority, the last of which signs; answers their names from the root downwards. */
function makeCertificates(certificates: CertificateFolder, options: AuthorityOptions): string[] {
  const {
    key = 'p-256',
    issuerKey = 'p-256',
    intermediates = 0,
    certificateDigest: digest = 'sha256',
  } = options;
  const issuers = ['root', ...Array.from({ length: intermediates }, (_, index) => `ca${index + 1}`)];
  for (const [index, name] of issuers.entries()) {
    const issuer = issuers[index - 1];
    certificates.issue({
      name,
      key: issuerKey,
      digest,
      extensions: {
        ...issuerExtensions,
        ...(issuer === undefined ? {} : { authorityKeyIdentifier: 'keyid' }),
        ...(index === 0 ? options.rootExtensions : {}),
        ...(index === intermediates ? options.issuerExtensions : {}),
      },
      validFrom: options.issuerValidFrom,
      validTo: options.issuerValidTo,
      ...(issuer === undefined ? {} : { issuer }),
    });
  }
  const issuer = issuers[intermediates] as string;
  const signer = { key, issuer, digest, validFrom: options.validFrom, validTo: options.validTo };
  certificates.issue({
    ...signer,
    name: 'signer',
    extensions: { ...signerExtensions, ...options.extensions },
  });
  return [...issuers, 'signer'];
}

/**
 * Makes a time-stamping authority with openssl in a temporary folder. It takes about a tenth of a second per certificate of ECDSA, and
 * a second per one of RSA.
 *
 * @throws Error with what openssl complains about
 */
export function makeAuthority(options: AuthorityOptions = {}): TestAuthority {
  const folder = mkdtempSync(join(tmpdir(), 'touchstone-tsa-'));
  try {
    return assemble(folder, options);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

function assemble(folder: string, options: AuthorityOptions): TestAuthority {
  const { policy = AUTHORITY_POLICY, certificatesInside = 'chain', rootFirst = false } = options;
  const books = new CertificateFolder(folder, folder.slice(-6));
  const names = makeCertificates(books, options);
  const der = (name: string): Uint8Array => new Uint8Array(books.certificate(name).raw);
  const leafFirst = names.slice(1, -1).reverse();
  const between = rootFirst ? names.slice(1, -1) : leafFirst;
  const chain = ['signer', ...between];
  const inside = chain.slice(0, { none: 0, signer: 1, chain: chain.length }[certificatesInside]);
  const signer = new TokenSigner(books, { ...options, policy, inside, between });
  const nameOf = (which: 'signer' | number): string => (which === 'signer' ? which : `ca${which}`);
  const issuerOf = (name: string): string => names[names.indexOf(name) - 1] as string;
  return {
    folder,
    policy,
    root: der('root'),
    signer: der('signer'),
    serial: BigInt(`0x${books.certificate('signer').serialNumber}`).toString(),
    certificates: chain.filter((name) => !inside.includes(name)).map(der),
    stamp: (digest, { hash = 'sha256' } = {}) => signer.stamp(digest, hash),
    reply: (request) => signer.reply(request),
    sign: (tstInfo) => signer.sign(tstInfo),
    tstInfo: (token) => signer.content(token),
    revoke: (which, { at = new Date(), reason } = {}) => {
      books.revoke(nameOf(which), issuerOf(nameOf(which)), at, reason);
    },
    crl: (which) => new Uint8Array(books.crl(issuerOf(nameOf(which)), options.certificateDigest ?? 'sha256')),
    ocsp: (which) => new Uint8Array(books.ocsp(nameOf(which), issuerOf(nameOf(which)))),
    opensslObjection: (token, digest) => signer.objection(token, digest),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
