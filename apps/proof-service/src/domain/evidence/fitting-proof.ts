import type { OutputRecorded } from '@touchstone/contracts';
import { zkProof, type ZkProof } from '@touchstone/contracts/circuit';
import { statementRefusal } from '@touchstone/evidence';
import type { Alarm } from '../ingest/intake.js';

/** A proof that may stand in a bundle, or what an operator is told about one that may not. */
export interface ProofOrAlarm {
  readonly zk?: ZkProof;
  readonly alarm?: Alarm;
}

/**
 * The stored proof of an output where its statement is about that output: one of other tensors, of another request or model would be a
 * lie of ours, also where nobody judges it. Whether it is true only somebody can say who trusts in its circuit. What does not fit is
 * left out, because the rest of the evidence stands without it. Throws on a proof that is not as it was stored.
 */
export function fittingProof(stored: string | null, record: OutputRecorded): ProofOrAlarm {
  const zk = zkProof.parse(JSON.parse(stored ?? ''));
  const refusal = statementRefusal(zk, { subject: record, commitment: record.commitment });
  if (refusal === undefined) return { zk };
  const detail = `the proof of the execution of ${record.verificationId}: ${refusal}`;
  return { alarm: { kind: 'proof-refused', detail } };
}
