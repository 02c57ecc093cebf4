import type { OutputProof } from '@touchstone/contracts';
import { bytesToHex, hexToBytes, sha256 } from '@touchstone/crypto';
import { outputLeaf } from '@touchstone/evidence';
import type { PositionedHash } from '@touchstone/merkle';
import { storedProfiles, type TreeProfile } from '../batch/stored-tree.js';

/** Bytes of the preimage of a leaf (protocol section 3). */
export const LEAF_PREIMAGE_BYTES = 200;

/** What a caller wants to have verified; shapes are checked before. */
export interface ProofClaim {
  readonly proof: {
    readonly leafIndex: number;
    readonly treeSize: number;
    readonly path: readonly PositionedHash[];
    readonly rootHex: string;
  };
  readonly merkleRoot: string;
  /** The tree that the entry of the batch states; that of outputs when left out. */
  readonly treeProfile?: TreeProfile | undefined;
  /** The leaf in 64 hex digits, its preimage in 400, or the output proof that the preimage is made of. */
  readonly leafData: string | OutputProof;
}

export interface ProofCheck {
  readonly name: 'leaf' | 'root' | 'inclusion';
  readonly status: 'pass' | 'fail' | 'not-checked';
  readonly expected?: string;
  readonly actual?: string;
  readonly detail?: string;
}

export interface ProofVerdict {
  readonly valid: boolean;
  readonly checks: readonly ProofCheck[];
  /** Whether the leaf was computed here from what it stands for; a bare hash says nothing about that (protocol 4). */
  readonly preimage: 'checked' | 'not-checked';
}

/**
 * Verifies the path of one leaf (R-PROOF-1). A proof that does not hold is an answer, not an error.
 *
 * @throws AppError `leaf-field-not-fixed-width` for an output proof that has no leaf
 */
export function verifyProof({
  proof,
  merkleRoot,
  leafData,
  treeProfile = 'rfc9162-sha256',
}: ProofClaim): ProofVerdict {
  const { leaf, checked } = leafOf(leafData);
  const result = storedProfiles[treeProfile].verify({
    leaf,
    leafIndex: proof.leafIndex,
    leafCount: proof.treeSize,
    path: proof.path,
    root: hexToBytes(proof.rootHex, 32) ?? new Uint8Array(),
  });
  const checks: ProofCheck[] = [
    {
      name: 'leaf',
      status: checked ? 'pass' : 'not-checked',
      actual: bytesToHex(leaf),
      detail: checked ? 'the leaf was computed from its preimage' : 'the caller gave the leaf itself',
    },
    {
      name: 'root',
      status: proof.rootHex === merkleRoot ? 'pass' : 'fail',
      expected: merkleRoot,
      actual: proof.rootHex,
    },
    result.ok
      ? { name: 'inclusion', status: 'pass', expected: proof.rootHex }
      : { name: 'inclusion', status: 'fail', expected: proof.rootHex, detail: result.reason },
  ];
  return {
    valid: checks.every(({ status }) => status !== 'fail'),
    checks,
    preimage: checked ? 'checked' : 'not-checked',
  };
}

function leafOf(leafData: ProofClaim['leafData']): { leaf: Uint8Array; checked: boolean } {
  if (typeof leafData !== 'string') return { leaf: outputLeaf(leafData), checked: true };
  const bytes = hexToBytes(leafData) ?? new Uint8Array();
  return bytes.length === LEAF_PREIMAGE_BYTES
    ? { leaf: sha256(bytes), checked: true }
    : { leaf: bytes, checked: false };
}
