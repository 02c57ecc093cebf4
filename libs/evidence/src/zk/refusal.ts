import type { ZkProof } from '@touchstone/contracts/circuit';
import { canonicalJsonOfParsed } from '@touchstone/canonical-json';
import { groth16Failures, readPublicSignals } from '@touchstone/groth16';
import type { OutputBundle } from '../bundle/schema.js';
import { outputDigest } from '../output/payload.js';
import { tensorsHash } from '../tensor/tensor.js';
import { bindSignal, provenTensors } from './statement.js';

/** A signed output, as far as a proof can be about it. */
export interface ProvenSubject {
  readonly subject: Pick<OutputBundle['subject'], 'proof' | 'context'>;
  readonly commitment: Pick<OutputBundle['commitment'], 'model'>;
}

/**
 * Why the statement of a proof is not about this output, its request and its model. Cheap, because it judges what the proof says and
 * not whether it is true: only {@link verifyEvidence} with a trust file that lists the circuit does that.
 *
 * @returns a code, a colon and words; undefined where the statement fits
 */
export function statementRefusal(
  given: Pick<ZkProof, 'vk' | 'publicSignals' | 'descriptor'>,
  about: ProvenSubject,
): string | undefined {
  return modelRefusal(given, about) ?? signalsRefusal(given, about.subject);
}

/** {@link statementRefusal} of the model alone. */
export function modelRefusal(
  { descriptor }: Pick<ZkProof, 'descriptor'>,
  { commitment }: Pick<ProvenSubject, 'commitment'>,
): string | undefined {
  return descriptor.modelHash === commitment.model.modelHash
    ? undefined
    : 'zk-model-mismatch: the circuit was compiled from another model file';
}

/** {@link statementRefusal} of the tensors, the signature and the request. */
export function signalsRefusal(
  { vk, publicSignals, descriptor }: Pick<ZkProof, 'vk' | 'publicSignals' | 'descriptor'>,
  { proof: signed, context }: ProvenSubject['subject'],
): string | undefined {
  const signals = readPublicSignals(publicSignals, vk.nPublic);
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
  return tensors.bind === bind.toString()
    ? undefined
    : 'zk-bind-mismatch: the proof is of another output or request';
}
