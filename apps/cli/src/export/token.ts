import { TokenVerifier } from '@touchstone/chain-proofs';
import { base64ToBytes, hexToBytes } from '@touchstone/crypto';
import { committedText, type Anchor, type EvidenceBundle, type TrustFile } from '@touchstone/evidence';
import { CommandError, exitCodes } from '../exit-codes.js';
import type { Exported } from './exported.js';
import { certificatePem } from './pem.js';

type TokenAnchor = Extract<Anchor, { readonly kind: 'rfc3161' }>;

const TOKEN = 'token.der';
const STAMPED = 'stamped.txt';
const CERTIFICATES = 'certificates.pem';
const ROOTS = 'roots.pem';

/**
 * A time-stamp token with what its imprint is of and the certificates around it, so that other programs verify it without
 * Touchstone. Roots are those of the trust file: a bundle names none.
 *
 * @throws CommandError `invalid` when the bundle carries no such token, `usage` when it carries several and none is named
 */
export function exportToken(
  bundle: EvidenceBundle,
  network: string | undefined,
  trust: TrustFile | undefined,
): Exported {
  const anchor = chosen(bundle, network);
  const note = bundle.logProofs[anchor.logProof]?.checkpoint ?? '';
  const stamped = committedText(note, anchor.commitment);
  if (stamped === undefined)
    throw new CommandError(
      exitCodes.invalid,
      `The token of ${anchor.network} commits to no checkpoint of this bundle.`,
    );
  const { certificates } = anchor.proof;
  const tsa = trust?.tsas.find((candidate) => candidate.network === anchor.network);
  const attime = tsa && stampedAt(anchor, tsa);
  return {
    files: [
      { name: TOKEN, content: bytesOf(anchor.proof.token) },
      { name: STAMPED, content: stamped },
      ...(certificates.length === 0
        ? []
        : [{ name: CERTIFICATES, content: certificates.map(certificatePem).join('') }]),
      ...(tsa ? [{ name: ROOTS, content: tsa.roots.map(certificatePem).join('') }] : []),
    ],
    command: [
      ...['openssl', 'ts', '-verify', '-token_in', '-in', TOKEN, '-data', STAMPED],
      ...['-CAfile', tsa ? ROOTS : '<certificates that you trust>.pem'],
      ...(certificates.length === 0 ? [] : ['-untrusted', CERTIFICATES]),
      // A certificate that has expired since was still valid when it stamped.
      ...(attime === undefined ? [] : ['-attime', String(attime)]),
    ],
  };
}

function chosen({ anchors }: EvidenceBundle, network: string | undefined): TokenAnchor {
  const tokens = anchors.filter((anchor): anchor is TokenAnchor => anchor.kind === 'rfc3161');
  const named = network === undefined ? tokens : tokens.filter((anchor) => anchor.network === network);
  const [first, ...others] = named;
  const present = tokens.map((anchor) => anchor.network).join(', ');
  if (first === undefined) {
    const having = present === '' ? 'no time-stamp token' : `tokens of ${present} alone`;
    throw new CommandError(exitCodes.invalid, `The bundle carries ${having}.`);
  }
  if (others.length > 0 && network === undefined)
    throw new CommandError(
      exitCodes.usage,
      `The bundle carries tokens of ${present}: name one with --network.`,
    );
  return first;
}

/** Unix seconds of a token that holds. */
function stampedAt({ proof, commitment }: TokenAnchor, tsa: TrustFile['tsas'][number]): number | undefined {
  const result = new TokenVerifier({
    roots: tsa.roots.map(bytesOf),
    policies: tsa.policies,
  }).verify({
    token: bytesOf(proof.token),
    certificates: proof.certificates.map(bytesOf),
    revocation: proof.revocation.map(bytesOf),
    commitment: hexToBytes(commitment) as Uint8Array,
  });
  return result.ok ? Math.floor(result.genTimeMs / 1_000) : undefined;
}

/** The bundle's schema has read the text already; what is no base64 is an empty token, which no program accepts. */
const bytesOf = (base64: string): Uint8Array => base64ToBytes(base64) ?? new Uint8Array();
