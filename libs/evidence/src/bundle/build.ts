import type {
  CanonicalTensor,
  ModelCommitment,
  OutputContext,
  OutputProof,
  RequestParts,
} from '@touchstone/contracts';
import { canonicalJson, compareUtf8 } from '@touchstone/canonical-json';
import {
  evidenceBundle,
  type Anchor,
  type EvidenceBundle,
  type InclusionProof,
  type LogProof,
} from './schema.js';

/** Everything that a service knows about one output, in the order in which it came to be. */
export interface BundleParts {
  readonly proof: OutputProof;
  readonly context: OutputContext;
  /** Disclosed tensors; leave out what must stay private, its hash stands in the proof. */
  readonly inputs?: readonly CanonicalTensor[];
  readonly outputs?: readonly CanonicalTensor[];
  readonly commitment: ModelCommitment;
  readonly inclusion: InclusionProof;
  readonly entry: string;
  readonly logProofs: readonly LogProof[];
  readonly anchors: readonly Anchor[];
  readonly requestParts?: RequestParts;
}

/** Puts the parts into the closed schema of version 1. It checks shapes only; `verifyEvidence` checks the truth. */
export function buildBundle(parts: BundleParts): EvidenceBundle {
  return evidenceBundle.parse({
    version: 1,
    subject: {
      kind: 'output',
      proof: parts.proof,
      context: parts.context,
      ...(parts.inputs ? { inputs: byName(parts.inputs) } : {}),
      ...(parts.outputs ? { outputs: byName(parts.outputs) } : {}),
    },
    commitment: parts.commitment,
    inclusion: parts.inclusion,
    entry: parts.entry,
    logProofs: parts.logProofs,
    anchors: parts.anchors,
    ...(parts.requestParts ? { payment: { requestParts: parts.requestParts, receipt: null } } : {}),
  });
}

/** Tensors stand in the order in which they are hashed (protocol section 8). */
function byName(tensors: readonly CanonicalTensor[]): CanonicalTensor[] {
  return [...tensors].sort((left, right) => compareUtf8(left.name, right.name));
}

/**
 * The text in which a bundle is served and stored: its canonical form.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { readFileSync } from 'node:fs';
 * import { bundleText, evidenceBundle } from '@touchstone/evidence';
 *
 * const { cases } = JSON.parse(readFileSync('libs/evidence/vectors/evidence.json', 'utf8'));
 * const { bundle } = cases[0].input;
 * const text = bundleText(evidenceBundle.parse(bundle));
 * assert(text.startsWith('{"anchors":[{"commitment":'));
 * ```
 */
export function bundleText(bundle: EvidenceBundle): string {
  return canonicalJson(bundle);
}
