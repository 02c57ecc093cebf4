import { proofObject } from '@touchstone/content-address';
import type { PaymentReference } from '@touchstone/contracts';
import type { ProofAnswer, ProvenExecution } from '@touchstone/contracts/http/inference-gateway';
import type { AnswerLinks } from '../inference/answer.js';
import type { Model, ProvableCircuit } from '../model/model.js';
import type { MadeProof } from './prover.js';

/** What a proof was made for. */
export interface ProvenFor {
  readonly verificationId: string;
  readonly model: Model & { readonly circuit: ProvableCircuit };
  readonly payment: PaymentReference | null;
}

/** What answers say of a proof. */
export function provenExecution(
  { vkDigest, setup }: ProvableCircuit,
  { zk, name, fellBack, milliseconds }: MadeProof,
): ProvenExecution {
  const prover = { name, ...(fellBack === undefined ? {} : { fellBack }), milliseconds };
  return { circuit: { vkDigest, setup }, zk, cid: proofObject(zk).cid, prover };
}

/** The bytes of the answer to a request for a proof. They are made once and stored, so that every replay is the same. */
export function proofAnswerBytes(
  { verificationId, model, payment }: ProvenFor,
  made: MadeProof,
  links: AnswerLinks,
): Uint8Array {
  const { circuit, manifest, modelVersionId } = model;
  const answer: ProofAnswer = {
    verificationId,
    model: { id: manifest.id, name: manifest.name, version: manifest.version, modelVersionId },
    ...provenExecution(circuit, made),
    payment,
    links: { verification: links.verification(verificationId), evidence: links.evidence(verificationId) },
  };
  return new TextEncoder().encode(JSON.stringify(answer));
}
