/** Kinds of keys; RSA with 1024 bit is for what must be refused. */
export type AuthorityKey = 'rsa-2048' | 'rsa-1024' | 'p-256' | 'p-384' | 'p-521';
export type AuthorityDigest = 'sha1' | 'sha256' | 'sha384' | 'sha512';

/** How an authority is made; without an option it is one that holds under every check. */
export interface AuthorityOptions {
  /** Key of the certificate that signs tokens: `p-256`. */
  readonly key?: AuthorityKey;
  /** Keys of the root and of the certificates in between: `p-256`. */
  readonly issuerKey?: AuthorityKey;
  /** Certificates between the root and the one that signs: 0. */
  readonly intermediates?: number;
  /** Replace extensions of the certificate that signs, by their names in openssl's configuration; '' leaves one out. */
  readonly extensions?: Readonly<Record<string, string>>;
  /** The same for the certificate that issued it: the last one in between, else the root. */
  readonly issuerExtensions?: Readonly<Record<string, string>>;
  /** The same for the root. */
  readonly rootExtensions?: Readonly<Record<string, string>>;
  /** Validity of the certificate that signs: yesterday to in ten years. */
  readonly validFrom?: Date;
  readonly validTo?: Date;
  /** Validity of the certificates above it, as {@link validFrom}. */
  readonly issuerValidFrom?: Date;
  readonly issuerValidTo?: Date;
  /** Digest of the certificates' signatures: `sha256`. */
  readonly certificateDigest?: AuthorityDigest;
  /** Digest of the token's signature: `sha256`. */
  readonly signerDigest?: AuthorityDigest;
  /** Digest of ESSCertID (`sha1`, RFC 2634) or ESSCertIDv2 (RFC 5816): `sha256`. */
  readonly essDigest?: AuthorityDigest;
  /** True signs tokens with RSASSA-PSS; the key must be of RSA. */
  readonly pss?: boolean;
  /** Policy of the tokens: {@link AUTHORITY_POLICY}. */
  readonly policy?: string;
  /** Accuracy of the tokens in openssl's words, `secs:1, millisecs:500`; '' for none. Without it `secs:1`. */
  readonly accuracy?: string;
  /** What lies inside a token: nothing, the certificate that signs, or that with those in between. The latter by default. */
  readonly certificatesInside?: 'none' | 'signer' | 'chain';
  /** How often those in between lie inside a token: once. */
  readonly chainCopies?: number;
  /** True names the certificates in between from the root downwards, inside a token as beside it. */
  readonly rootFirst?: boolean;
}

/** Below the arc that IANA keeps for examples in documentation (RFC 5612). */
export const AUTHORITY_POLICY = '1.3.6.1.4.1.32473.3161';
