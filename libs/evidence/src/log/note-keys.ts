import { ed25519Verify } from '@touchstone/crypto';
import {
  cosignatureVerifier,
  ed25519NoteVerifier,
  parseVerifierKey,
  type NoteVerifier,
} from '@touchstone/merkle';

const verifySignature = (message: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean =>
  ed25519Verify(message, signature, publicKey) === 'ok';

/** Verifier of a log's signatures, or `undefined` when the text is not an Ed25519 verifier key. */
export function logVerifier(vkey: string): NoteVerifier | undefined {
  const parsed = parseVerifierKey(vkey);
  return parsed.ok && parsed.key.algorithm === 'ed25519'
    ? ed25519NoteVerifier(parsed.key, verifySignature)
    : undefined;
}

/** Verifiers of those witnesses whose keys make cosignatures. */
export function witnessVerifiers(vkeys: readonly string[]): NoteVerifier[] {
  return vkeys.flatMap((vkey) => {
    const parsed = parseVerifierKey(vkey);
    return parsed.ok && parsed.key.algorithm === 'cosignatureV1'
      ? [cosignatureVerifier(parsed.key, verifySignature)]
      : [];
  });
}
