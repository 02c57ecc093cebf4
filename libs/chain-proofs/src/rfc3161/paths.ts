import { bytesToHex, LeastRecentlyUsed, sha256 } from '@touchstone/crypto';
import { certificateOf, isIssuedBy, type Certificate } from './certificate.js';
import type { DerValue } from './der.js';
import { readStructure } from './der-members.js';
import { readRevocationData, type RevocationData } from './revocation.js';

/** Most certificates of a path, the root and the one that signs among them. */
export const PATH_CERTIFICATES_MAX = 8;
/** Most certificates inside and beside a token of which a path is made; more would be work for nothing. */
export const PATH_CANDIDATES_MAX = 32;
/** Certificates, and issues of one by another, that are remembered per authority. */
export const KNOWN_CERTIFICATES_MAX = 64;
/** CRLs and OCSP responses that are remembered per authority. */
export const KNOWN_REVOCATION_DATA_MAX = 16;

/** Why a certificate does not count at a time, or that it does; with whether revocation data of one of its issuers was seen. */
export type PathResult = 'chain' | 'validity' | 'revoked' | { readonly listed: boolean };

interface Known {
  readonly data: RevocationData;
  /** Ids of issuers that signed it. */
  readonly issuers: Set<string>;
}

/**
 * Paths from the roots of one authority to certificates that sign its tokens (RFC 5280, section 6).
 *
 * It is kept for many tokens and remembers by their hashes certificates, signatures and lists that lead to a root. What does not is
 * forgotten, so that no bundle can fill the memory or push out what others need.
 */
export class CertificatePaths {
  readonly #certificates = new LeastRecentlyUsed<Certificate>(KNOWN_CERTIFICATES_MAX);
  readonly #issued = new LeastRecentlyUsed<true>(KNOWN_CERTIFICATES_MAX);
  readonly #revocation = new LeastRecentlyUsed<Known>(KNOWN_REVOCATION_DATA_MAX);

  constructor(private readonly roots: readonly Certificate[]) {}

  /** How many certificates and lists are remembered. */
  get size(): { readonly certificates: number; readonly revocation: number } {
    return { certificates: this.#certificates.size, revocation: this.#revocation.size };
  }

  /** Reads a certificate, or finds it. */
  read(value: DerValue): Certificate | undefined {
    const id = bytesToHex(sha256(value.whole));
    return (
      this.roots.find((root) => root.id === id) ??
      this.#certificates.get(id) ??
      readStructure(() => certificateOf(value))
    );
  }

  /**
   * Looks for a path to `signer` over `candidates` at a time: one that holds if there is one, whatever else is there, so that nobody
   * can spoil a token with more certificates.
   *
   * @param candidates the certificates inside and beside the token, `signer` among them
   * @param revocation CRLs and OCSP responses
   */
  judge(
    signer: Certificate,
    candidates: readonly DerValue[],
    revocation: readonly DerValue[],
    atMs: number,
  ): PathResult {
    if (candidates.length > PATH_CANDIDATES_MAX) return 'chain';
    const pool = this.#pool(candidates);
    const isValid = (each: Certificate): boolean => each.notBeforeMs <= atMs && atMs <= each.notAfterMs;
    const known = revocation.flatMap((value) => this.#readRevocation(value) ?? []);
    const stands = (certificate: Certificate, issuer: Certificate): boolean =>
      known.every((each) => {
        if (!this.#isAuthentic(each, issuer)) return true;
        const found = each.known.data.find(certificate, issuer);
        return found === undefined || !(found.keyCompromise || found.atMs < atMs);
      });
    if (this.#reaches(signer, pool, isValid, stands)) {
      const issuers = [...this.roots, ...pool].filter((each) => this.#isIssued(signer, each));
      return { listed: known.some((each) => issuers.some((issuer) => this.#isAuthentic(each, issuer))) };
    }
    if (this.#reaches(signer, pool, isValid, always)) return 'revoked';
    return this.#reaches(signer, pool, always, always) ? 'validity' : 'chain';
  }

  #pool(candidates: readonly DerValue[]): Certificate[] {
    const pool = new Map<string, Certificate>();
    for (const candidate of candidates) {
      const certificate = this.read(candidate);
      if (certificate) pool.set(certificate.id, certificate);
    }
    return [...pool.values()];
  }

  /** Goes down from the roots, level by level, so that the work is bounded by the square of the candidates. */
  #reaches(
    signer: Certificate,
    pool: readonly Certificate[],
    isValid: (certificate: Certificate) => boolean,
    stands: (certificate: Certificate, issuer: Certificate) => boolean,
  ): boolean {
    /** By id: how many authorities may stand below one that was reached. */
    const reached = new Map<string, number>();
    let level = this.roots.filter(isValid);
    for (const root of level) reached.set(root.id, below(root, PATH_CERTIFICATES_MAX));
    for (let length = 1; length < PATH_CERTIFICATES_MAX && !reached.has(signer.id); length += 1) {
      const next: Certificate[] = [];
      for (const issuer of level) {
        for (const certificate of pool) {
          const left = below(certificate, (reached.get(issuer.id) as number) - 1);
          const mayFollow = certificate.id === signer.id || left >= 0;
          if (!mayFollow || left <= (reached.get(certificate.id) ?? -2)) continue;
          if (!isValid(certificate) || !this.#isIssued(certificate, issuer) || !stands(certificate, issuer))
            continue;
          reached.set(certificate.id, left);
          next.push(certificate);
        }
      }
      level = next;
    }
    return reached.has(signer.id);
  }

  /** The issuer leads to a root. */
  #isIssued(certificate: Certificate, issuer: Certificate): boolean {
    const name = `${issuer.id} ${certificate.id}`;
    if (this.#issued.get(name)) return true;
    if (!isIssuedBy(certificate, issuer)) return false;
    this.#issued.set(name, true);
    this.#certificates.set(certificate.id, certificate);
    return true;
  }

  #readRevocation(value: DerValue): { id: string; known: Known } | undefined {
    const id = bytesToHex(sha256(value.whole));
    const known = this.#revocation.get(id);
    if (known) return { id, known };
    const data = readRevocationData(value);
    return data && { id, known: { data, issuers: new Set() } };
  }

  /** The issuer leads to a root. */
  #isAuthentic({ id, known }: { id: string; known: Known }, issuer: Certificate): boolean {
    if (known.issuers.has(issuer.id)) return true;
    if (!known.data.isSignedBy(issuer)) return false;
    known.issuers.add(issuer.id);
    this.#revocation.set(id, known);
    return true;
  }
}

const always = (): boolean => true;

/** How many authorities may stand below a certificate that itself may have `most` below it. */
function below({ extensions: { pathLength } }: Certificate, most: number): number {
  return pathLength !== undefined && pathLength < BigInt(most) ? Number(pathLength) : most;
}
