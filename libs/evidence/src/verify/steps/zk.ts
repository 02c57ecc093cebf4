import type { ZkProof } from '@touchstone/contracts/circuit';
import { groth16Failures, verifyProof } from '@touchstone/groth16';
import type { EvidenceBundle, OutputBundle } from '../../bundle/schema.js';
import type { PreparedTrust, TrustedCircuit } from '../../trust/prepared-trust.js';
import { modelRefusal, signalsRefusal } from '../../zk/refusal.js';
import { circuitDigest } from '../../zk/statement.js';
import { absent, failOptional, notChecked, pass } from '../outcome.js';
import type { StepDefinition } from '../step-definition.js';
import type { Step } from '../step.js';

export const zk = {
  name: 'zk',
  meaning: 'The model itself gave the signed outputs for the signed inputs.',
  of: 'output',
  class: 'side',
  /**
   * A proof of the execution, by a circuit that the trust file lists for this model version. The circuit speaks of whole
   * numbers; they have to be the tensors that were signed, and the last signal has to be of this signature and request.
   */
  run: ({ bundle: { zk: given, subject, commitment }, trust, signalsMax }) => {
    if (given === undefined)
      return absent({ restsOn: 'nothing: the bundle holds no proof of the execution' });
    const { modelVersionId } = subject.proof;
    const actual = circuitDigest(given);
    const listed = trust?.circuit(modelVersionId, actual);
    if (trust === undefined || listed === undefined) {
      const restsOn = `trust file: model ${modelVersionId.slice(0, 8)}…`;
      const detail = 'unknown-circuit: the trust file does not list this circuit for this model version';
      return notChecked({ actual, restsOn, detail });
    }
    if (given.publicSignals.length > signalsMax) {
      const detail = `too-many-signals: this verifier judges at most ${signalsMax}; verify on a machine of your own`;
      return notChecked({ actual: String(given.publicSignals.length), restsOn: 'nothing', detail });
    }
    const whom = listed.isSetUpByMany ? 'at least one of those who set it up' : 'whoever set it up';
    const restsOn = `trust file: circuit ${actual.slice(0, 8)}…, ${whom}`;
    const refusal = modelRefusal(given, { commitment }) ?? refusalOf(given, actual, subject, trust);
    return refusal === undefined
      ? pass({ expected: actual, actual, restsOn })
      : failOptional({ actual, restsOn, detail: refusal });
  },
} as const satisfies StepDefinition;

/** The circuit by which the execution is proven; undefined where it is not. */
export function provenCircuit(
  bundle: EvidenceBundle,
  steps: readonly Step[],
  trust: PreparedTrust,
): TrustedCircuit | undefined {
  if (!('zk' in bundle) || bundle.zk === undefined) return undefined;
  if (!steps.some(({ name, status }) => name === zk.name && status === 'pass')) return undefined;
  return trust.circuit(bundle.subject.proof.modelVersionId, circuitDigest(bundle.zk));
}

function refusalOf(
  given: ZkProof,
  digest: string,
  subject: OutputBundle['subject'],
  trust: PreparedTrust,
): string | undefined {
  const key = trust.verificationKey(digest, given.vk);
  if (!key.ok) return `${key.code}: ${groth16Failures[key.code]}`;
  const refusal = signalsRefusal(given, subject);
  if (refusal !== undefined) return refusal;
  // Last, because it is dear, and how dear depends on how large the numbers are.
  const verdict = verifyProof(key.value, given.publicSignals, given.proof);
  return verdict.valid ? undefined : `${verdict.code}: ${groth16Failures[verdict.code]}`;
}
