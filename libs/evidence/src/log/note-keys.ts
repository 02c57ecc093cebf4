import { createEd25519Verifier } from '@touchstone/crypto';
import {
  cosignatureVerifier,
  ed25519NoteVerifier,
  parseVerifierKey,
  type Ed25519Verify,
  type NoteKey,
  type NoteVerifier,
} from '@touchstone/merkle';

/** Verification with this key alone, which is therefore read once. */
function verifyWith({ publicKey }: NoteKey): Ed25519Verify {
  const verify = createEd25519Verifier(publicKey);
  return (message, signature) => verify(message, signature) === 'ok';
}

/** Verifier of a log's signatures, or `undefined` when the text is not an Ed25519 verifier key. */
export function logVerifier(vkey: string): NoteVerifier | undefined {
  const parsed = parseVerifierKey(vkey);
  return parsed.ok && parsed.key.algorithm === 'ed25519'
    ? ed25519NoteVerifier(parsed.key, verifyWith(parsed.key))
    : undefined;
}

/** Verifiers of those witnesses whose keys make cosignatures. */
export function witnessVerifiers(vkeys: readonly string[]): NoteVerifier[] {
  return vkeys.flatMap((vkey) => {
    const parsed = parseVerifierKey(vkey);
    return parsed.ok && parsed.key.algorithm === 'cosignatureV1'
      ? [cosignatureVerifier(parsed.key, verifyWith(parsed.key))]
      : [];
  });
}
