import { bytesToHex } from '@touchstone/crypto';
import { openWithKeys } from '@touchstone/evidence';
import { leafHashOfText, verifyInclusion } from '@touchstone/merkle';
import type { StoredEntry } from './proof-store.js';

/** The path of an entry to the root of a checkpoint (RFC 9162 section 2.1.3), as it is answered. */
export interface LogInclusion {
  readonly leafIndex: string;
  readonly treeSize: string;
  readonly path: readonly string[];
}

export function logInclusion(leafIndex: bigint, size: bigint, path: readonly Uint8Array[]): LogInclusion {
  return { leafIndex: `${leafIndex}`, treeSize: `${size}`, path: path.map(bytesToHex) };
}

/** @throws Error that names what does not hold */
export function checkLogProof(
  entry: string,
  leafIndex: bigint,
  { size, note }: NonNullable<StoredEntry['checkpoint']>,
  path: readonly Uint8Array[],
  logVerifierKey: string,
): void {
  const opened = openWithKeys(note, logVerifierKey, []);
  if (!opened.ok) throw new Error(`checkpoint-signature: ${opened.reason}`);
  if (opened.checkpoint.size !== size)
    throw new Error(`checkpoint-signature: it is for size ${opened.checkpoint.size}`);
  const result = verifyInclusion({
    leafHash: leafHashOfText(entry),
    leafIndex,
    treeSize: size,
    path,
    root: opened.checkpoint.root,
  });
  if (!result.ok) throw new Error(`log-inclusion: ${result.reason}`);
}
