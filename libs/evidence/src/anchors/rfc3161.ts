import type { Rfc3161Failure, Rfc3161Success } from '@touchstone/chain-proofs';
import { base64ToBytes, hexToBytes } from '@touchstone/crypto';
import type { Anchor } from '../bundle/schema.js';
import type { PreparedTsa } from '../trust/prepared-trust.js';
import { failOptional, notChecked, pass } from '../verify/outcome.js';
import type { AnchorVerifier, JudgedAnchor } from './kind.js';

type TokenAnchor = Anchor & { readonly kind: 'rfc3161' };

/** A token of a time-stamping authority (RFC 3161), proven under the root certificates that the trust file holds. */
export const rfc3161: AnchorVerifier<'rfc3161'> = {
  kind: 'rfc3161',
  words: { what: 'A time stamp on the hash of the signed checkpoint by', witness: 'authority' },
  judge(anchor, trust) {
    const { network } = anchor;
    const tsa = trust?.tsa(network);
    if (tsa) return judgeToken(anchor, tsa);
    const detail = 'the trust file does not name this authority';
    return { outcome: notChecked({ actual: network, restsOn: `trust file: authority ${network}`, detail }) };
  },
};

function judgeToken(anchor: TokenAnchor, { tsa, verifier }: PreparedTsa): JudgedAnchor {
  const { network, commitment, logProof } = anchor;
  const restsOn = `trust file: authority ${network} and its root certificates`;
  const result = verify(anchor, verifier);
  if (!result.ok) {
    const { expected, actual, check } = result;
    return { outcome: failOptional({ expected, actual, restsOn, detail: `the token fails at ${check}` }) };
  }
  const { genTimeMs: timeMs, accuracyMs: uncertaintyMs, policy, signerSerial } = result;
  const actual =
    `stamped at ${new Date(timeMs).toISOString()} to within ${uncertaintyMs} ms under policy ${policy} ` +
    `by the certificate ${signerSerial}`;
  const detail = unlisted(anchor, result);
  return {
    outcome: pass({ expected: commitment, actual, restsOn, ...(detail === undefined ? {} : { detail }) }),
    passed: { network, logProof, test: tsa.test, timeMs, uncertaintyMs },
  };
}

function verify(
  { proof, commitment }: TokenAnchor,
  verifier: PreparedTsa['verifier'],
): Rfc3161Success | Rfc3161Failure {
  // What is no canonical base64 is no DER either.
  const bytesOf = (text: string): Uint8Array => base64ToBytes(text) ?? new Uint8Array();
  return verifier.verify({
    token: bytesOf(proof.token),
    certificates: proof.certificates.map(bytesOf),
    revocation: proof.revocation.map(bytesOf),
    commitment: hexToBytes(commitment) as Uint8Array,
  });
}

/** Why nothing says that no certificate of the token was revoked; `undefined` where a list says so. */
function unlisted({ proof }: TokenAnchor, { listed }: Rfc3161Success): string | undefined {
  if (listed) return undefined;
  return proof.revocation.length === 0
    ? 'no revocation list was given: rests on the roots alone'
    : 'no revocation list of an issuer was given: rests on the roots alone';
}
