import type {
  CanonicalTensor,
  ModelCommitment,
  OutputContext,
  OutputProof,
  RequestParts,
} from '@touchstone/contracts';
import type { ZkProof } from '@touchstone/contracts/circuit';
import { canonicalJson, compareUtf8, type JsonObject } from '@touchstone/canonical-json';
import {
  eventBundle,
  outputBundle,
  type Anchor,
  type EventBatchProof,
  type EventBundle,
  type EvidenceBundle,
  type InclusionProof,
  type LogProof,
  type OutputBundle,
} from './schema.js';

/** What bundles of every kind end in, in the order in which it came to be. */
interface ProofParts {
  readonly inclusion: InclusionProof;
  readonly entry: string;
  readonly logProofs: readonly LogProof[];
  readonly anchors: readonly Anchor[];
}

/** Everything that a service knows about one output. */
export interface BundleParts extends ProofParts {
  readonly proof: OutputProof;
  readonly context: OutputContext;
  /** Disclosed tensors; leave out what must stay private, its hash stands in the proof. */
  readonly inputs?: readonly CanonicalTensor[];
  readonly outputs?: readonly CanonicalTensor[];
  readonly commitment: ModelCommitment;
  readonly requestParts?: RequestParts;
  /** That the model gave these outputs, where it was proved. */
  readonly zk?: ZkProof;
}

/** Everything that a service knows about one event of a signed batch. */
export interface EventBundleParts extends ProofParts {
  /** As its submitter sent it, read by the strict gate. */
  readonly event: JsonObject;
  readonly batch: EventBatchProof;
}

/** Puts the parts into the closed schema of version 1. It checks shapes only; `verifyEvidence` checks the truth. */
export function buildBundle(parts: BundleParts): OutputBundle {
  return outputBundle.parse({
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
    ...(parts.zk ? { zk: parts.zk } : {}),
    ...(parts.requestParts ? { payment: { requestParts: parts.requestParts, receipt: null } } : {}),
  });
}

/** {@link buildBundle} of an event. */
export function buildEventBundle(parts: EventBundleParts): EventBundle {
  const { event, batch, inclusion, entry, logProofs, anchors } = parts;
  const subject = { kind: 'event', event };
  return eventBundle.parse({ version: 1, subject, batch, inclusion, entry, logProofs, anchors });
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
