import { AppError } from '@touchstone/contracts';
import { bytesToHex } from '@touchstone/crypto';
import { emptyRoot, verifyConsistency } from '@touchstone/merkle';
import type { SignedCheckpoint } from './ports.js';

/** What a caller asks to have signed, with the proof from the checkpoint that it believes to be the last. */
export interface CheckpointRequest {
  readonly size: bigint;
  readonly root: Uint8Array;
  readonly fromSize: bigint;
  readonly proof: readonly Uint8Array[];
}

/**
 * The rule of a log's only signer (protocol section 6): refuse a smaller size, another root at the same size, and
 * a larger size without a valid consistency proof from the last checkpoint that was signed. It stops an operator,
 * or a restored database, from showing two histories.
 *
 * @returns `same` when exactly this checkpoint was signed before, `extends` when it may be signed
 * @throws AppError `checkpoint-refused`
 */
export function checkCheckpoint(
  request: CheckpointRequest,
  last: SignedCheckpoint | undefined,
): 'same' | 'extends' {
  const lastSize = last?.size ?? 0n;
  const lastRoot = last?.root ?? emptyRoot();
  if (request.size < lastSize) {
    throw refused(`size ${request.size} is smaller than the signed size ${lastSize}`);
  }
  if (request.size === lastSize) {
    if (last && bytesToHex(request.root) === bytesToHex(lastRoot)) return 'same';
    throw refused(
      `root ${bytesToHex(request.root)} differs from the signed root ${bytesToHex(lastRoot)} at size ${lastSize}`,
    );
  }
  if (request.fromSize !== lastSize) {
    throw refused(
      `the consistency proof starts at size ${request.fromSize}, the last signed size is ${lastSize}`,
    );
  }
  if (lastSize === 0n) {
    if (request.proof.length === 0) return 'extends';
    throw refused('the proof from the empty tree must be empty');
  }
  const consistent = verifyConsistency({
    size1: lastSize,
    size2: request.size,
    root1: lastRoot,
    root2: request.root,
    proof: request.proof,
  });
  if (!consistent.ok)
    throw refused(`the consistency proof from size ${lastSize} is invalid (${consistent.reason})`);
  return 'extends';
}

function refused(detail: string): AppError {
  return new AppError('checkpoint-refused', `The checkpoint is not signed: ${detail}.`);
}
