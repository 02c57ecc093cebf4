import { CIRCUIT_SIGNALS_MAX } from '@touchstone/contracts/circuit';
import type { JudgedAnchor } from '../anchors/kind.js';
import type { EvidenceBundle } from '../bundle/schema.js';
import { parseBatchEntry } from '../log/batch-entry.js';
import { readSignedCheckpoint } from '../log/checkpoint.js';
import type { PreparedTrust } from '../trust/prepared-trust.js';
import { judgeAnchor } from './judged-anchor.js';
import { judgeCheckpoint, type JudgedCheckpoint } from './judged-checkpoint.js';
import { subjectOf } from './subjects/index.js';
import type { Subject } from './subjects/kind.js';
import { trustedTime, type TrustedTime } from './trusted-time.js';
import type { VerifyOptions } from './verify-evidence.js';

/** What every step looks at: a bundle that passed the gate, and what more than one step needs to know of it. */
export interface Evidence<Bundle extends EvidenceBundle = EvidenceBundle> {
  readonly bundle: Bundle;
  readonly subject: Subject;
  /** That of the batch in the log, or why it cannot be read. */
  readonly entry: ReturnType<typeof parseBatchEntry>;
  readonly trust: PreparedTrust | undefined;
  /** The verifier's clock in milliseconds since 1970. */
  readonly nowMs: number;
  /** Most public signals of a proof that are judged. */
  readonly signalsMax: number;
  /** Those of the log proofs. */
  readonly checkpoints: readonly JudgedCheckpoint[];
  readonly anchors: readonly JudgedAnchor[];
  readonly time: TrustedTime;
}

/** Judges what several steps rest on; anchors and witnesses come first, since they tell the time of all others. */
export function judgeEvidence(
  bundle: EvidenceBundle,
  trust: PreparedTrust | undefined,
  { nowMs, signalsMax = CIRCUIT_SIGNALS_MAX }: Pick<VerifyOptions, 'nowMs' | 'signalsMax'>,
): Evidence {
  const checkpoints = bundle.logProofs.map(({ checkpoint }) =>
    judgeCheckpoint(readSignedCheckpoint(checkpoint), trust),
  );
  const anchors = bundle.anchors.map((anchor) => judgeAnchor(anchor, checkpoints, trust));
  const passed = anchors.flatMap(({ passed }) => passed ?? []);
  const cosignatures = checkpoints.flatMap((checkpoint) => checkpoint.cosignatures);
  return {
    bundle,
    subject: subjectOf(bundle),
    entry: parseBatchEntry(bundle.entry),
    trust,
    nowMs,
    signalsMax,
    checkpoints,
    anchors,
    time: trustedTime(passed, cosignatures, trust?.file, nowMs),
  };
}
