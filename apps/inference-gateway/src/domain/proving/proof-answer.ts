import { proofObject } from '@touchstone/content-address';
import type { AuthorizationPayment } from '@touchstone/contracts';
import type { ProofAnswer } from '@touchstone/contracts/http/inference-gateway';
import type { AnswerLinks } from '../inference/answer.js';
import type { Model, ProvableCircuit } from '../model/model.js';
import type { MadeProof } from './prover.js';

/** What a proof was made for. */
export interface ProvenFor {
  readonly verificationId: string;
  readonly model: Model & { readonly circuit: ProvableCircuit };
  readonly payment: AuthorizationPayment | null;
}

/** The bytes of the answer to a request for a proof. They are made once and stored, so that every replay is the same. */
export function proofAnswerBytes(
  { verificationId, model, payment }: ProvenFor,
  { zk, name, fellBack, milliseconds }: MadeProof,
  links: AnswerLinks,
): Uint8Array {
  const { circuit, manifest, modelVersionId } = model;
  const answer: ProofAnswer = {
    verificationId,
    model: { id: manifest.id, name: manifest.name, version: manifest.version, modelVersionId },
    circuit: { vkDigest: circuit.vkDigest, setup: circuit.setup },
    zk,
    cid: proofObject(zk).cid,
    prover: { name, ...(fellBack === undefined ? {} : { fellBack }), milliseconds },
    payment,
    links: { verification: links.verification(verificationId), evidence: links.evidence(verificationId) },
  };
  return new TextEncoder().encode(JSON.stringify(answer));
}
