import type {
  AnchorAnswer,
  BatchAnswer,
  CheckpointAnswer,
  ProofVerdictAnswer,
} from '@touchstone/contracts/http/proof-service';
import type { VerificationReport } from '@touchstone/evidence';

/** Messages of proof.proto: camel case, 64-bit integers as strings, members of a oneof there only where they were sent. */
export interface EvidenceMessage {
  readonly verificationId?: string;
  readonly event?: { readonly evidenceId: string; readonly eventId?: string; readonly leaf?: string };
  readonly sentEvent?: { readonly batchId: string; readonly eventJson: string };
  readonly require: string;
}

export interface ProofMessage {
  readonly batchId: string;
  readonly leaf: string;
  readonly leavesPage: { readonly offset: number; readonly limit: number } | null;
}

export interface LeafClaimMessage {
  readonly leafIndex: string;
  readonly treeSize: string;
  readonly path: readonly object[];
  readonly root: string;
  readonly merkleRoot: string;
  readonly treeProfile: string;
  readonly leafHex?: string;
  readonly output?: { readonly timestamp: string };
}

export interface VerifyMessage {
  readonly bundle?: Uint8Array;
  readonly leaf?: LeafClaimMessage;
  readonly trust: Uint8Array;
  readonly strict: boolean;
}

/** A claim as JSON has it, which no schema has seen yet. */
export function claimOf({ output, leafHex, ...claim }: LeafClaimMessage): unknown {
  return {
    proof: {
      leafIndex: Number(claim.leafIndex),
      treeSize: Number(claim.treeSize),
      path: claim.path,
      rootHex: claim.root,
    },
    merkleRoot: claim.merkleRoot,
    ...(claim.treeProfile === '' ? {} : { treeProfile: claim.treeProfile }),
    leafData: output ? { ...output, timestamp: Number(output.timestamp) } : leafHex,
  };
}

/** A verdict as its message. */
export function verdictMessage({ valid, checks }: ProofVerdictAnswer): object {
  return { valid, checks, label: '', reportJson: '' };
}

/** A report as its message. */
export function reportMessage(report: VerificationReport): object {
  return {
    valid: report.result === 'VALID',
    checks: report.steps,
    label: report.label,
    reportJson: JSON.stringify(report),
  };
}

/** A batch as its message. */
export function batchMessage({ inclusion, anchors, ...batch }: BatchAnswer): object {
  return {
    ...batch,
    ...(inclusion && { inclusion: { ...inclusion, root: inclusion.rootHex } }),
    anchors: anchors.map(anchorMessage),
  };
}

/** A checkpoint as its message. */
export function checkpointMessage({ anchors, ...checkpoint }: CheckpointAnswer): object {
  return { ...checkpoint, anchors: anchors.map(anchorMessage) };
}

function anchorMessage({ proof, ...anchor }: AnchorAnswer): object {
  return { ...anchor, proofJson: JSON.stringify(proof) };
}
