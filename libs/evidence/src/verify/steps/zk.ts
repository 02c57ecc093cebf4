import type { ZkProof } from '@touchstone/contracts/circuit';
import { canonicalJsonOfParsed } from '@touchstone/canonical-json';
import { groth16Failures, readPublicSignals, verifyProof } from '@touchstone/groth16';
import type { EvidenceBundle, OutputBundle } from '../../bundle/schema.js';
import { outputDigest } from '../../output/payload.js';
import { tensorsHash } from '../../tensor/tensor.js';
import type { PreparedTrust, TrustedCircuit } from '../../trust/prepared-trust.js';
import { bindSignal, circuitDigest, provenTensors } from '../../zk/statement.js';
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
    const refusal =
      given.descriptor.modelHash === commitment.model.modelHash
        ? refusalOf(given, actual, subject, trust)
        : 'zk-model-mismatch: the circuit was compiled from another model file';
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
  { vk, proof, publicSignals, descriptor }: ZkProof,
  digest: string,
  { proof: signed, context }: OutputBundle['subject'],
  trust: PreparedTrust,
): string | undefined {
  const key = trust.verificationKey(digest, vk);
  if (!key.ok) return `${key.code}: ${groth16Failures[key.code]}`;
  const signals = readPublicSignals(publicSignals, key.value.key.nPublic);
  if (!signals.ok) return `${signals.code}: ${groth16Failures[signals.code]}`;
  const tensors = provenTensors(descriptor, publicSignals);
  if ('refusal' in tensors) return tensors.refusal;
  for (const [side, hash] of [
    ['inputs', signed.inputHash],
    ['outputs', signed.outputHash],
  ] as const) {
    const proven = tensorsHash(tensors[side], canonicalJsonOfParsed);
    if (!proven.ok || proven.value !== hash)
      return `zk-${side}-mismatch: the proven ${side} are not the signed ones`;
  }
  const bind = bindSignal(outputDigest(signed, signed.domain), context.requestDigest);
  if (tensors.bind !== bind.toString()) return 'zk-bind-mismatch: the proof is of another output or request';
  // Last, because it is dear, and how dear depends on how large the numbers are.
  const verdict = verifyProof(key.value, publicSignals, proof);
  return verdict.valid ? undefined : `${verdict.code}: ${groth16Failures[verdict.code]}`;
}
