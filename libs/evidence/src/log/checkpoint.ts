import { ed25519Verify, sha256 } from '@touchstone/crypto';
import {
  cosignatureVerifier,
  ed25519NoteVerifier,
  logSignedCheckpoint,
  openCheckpoint,
  parseCheckpointText,
  parseNote,
  parseVerifierKey,
  type Checkpoint,
  type NoteVerifier,
} from '@touchstone/merkle';

const verifySignature = (message: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean =>
  ed25519Verify(message, signature, publicKey) === 'ok';

/** Reads origin, size and root from a signed note without judging its signatures. */
export function readCheckpoint(note: string): Checkpoint | undefined {
  const parsed = parseNote(note);
  if (!parsed.ok) return undefined;
  const checkpoint = parseCheckpointText(parsed.note.text);
  return checkpoint.ok ? checkpoint.checkpoint : undefined;
}

/**
 * What an anchor commits to: `sha256(utf8(signed checkpoint))` with the log's own signature line and no other
 * (protocol section 7).
 *
 * @returns 32 bytes, or `undefined` when the note has not exactly one line under the log's name
 */
export function anchoredCommitment(note: string): Uint8Array | undefined {
  const parsed = parseNote(note);
  const checkpoint = readCheckpoint(note);
  if (!parsed.ok || !checkpoint) return undefined;
  const own = parsed.note.signatures.filter(({ name }) => name === checkpoint.origin);
  const [signature] = own;
  if (!signature || own.length > 1) return undefined;
  return sha256(new TextEncoder().encode(logSignedCheckpoint(parsed.note, signature)));
}

/** The outcome of opening a checkpoint with the keys of a trust file. */
export type OpenedCheckpoint =
  | { readonly ok: true; readonly checkpoint: Checkpoint; readonly witnesses: readonly string[] }
  | { readonly ok: false; readonly reason: string };

/** Verifies the log's signature, and the cosignatures of the witnesses that are trusted. */
export function openWithKeys(note: string, vkey: string, witnessVkeys: readonly string[]): OpenedCheckpoint {
  const key = parseVerifierKey(vkey);
  if (!key.ok || key.key.algorithm !== 'ed25519')
    return { ok: false, reason: 'the trust file’s log key is not an Ed25519 verifier key' };
  const opened = openCheckpoint(
    note,
    ed25519NoteVerifier(key.key, verifySignature),
    witnessVkeys.flatMap(witnessVerifier),
  );
  if (!opened.ok) return { ok: false, reason: opened.reason };
  const witnesses = opened.value.cosignatures.map(({ name }) => name);
  return { ok: true, checkpoint: opened.value.checkpoint, witnesses };
}

function witnessVerifier(vkey: string): NoteVerifier[] {
  const parsed = parseVerifierKey(vkey);
  return parsed.ok && parsed.key.algorithm === 'cosignatureV1'
    ? [cosignatureVerifier(parsed.key, verifySignature)]
    : [];
}
