import { readFileSync } from 'node:fs';
import type { ZkProof } from '@touchstone/contracts/circuit';
import { circuitDigest, type OutputBundle, type TrustFile } from '@touchstone/evidence';
import { LogWorld, type EventOf } from './log-world.js';

const vectors = new URL('../../../../libs/evidence/vectors/evidence.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(vectors, 'utf8')) as {
  cases: { name: string; input: { bundle: OutputBundle & { zk: ZkProof } } }[];
};
const { bundle } = cases.find(({ name }) => name === 'L5')!.input;

/** A genuine proof of the execution of the one output that {@link ProvenWorld.proven} signs. */
export const { zk } = bundle;

/** A world whose model is one of whole numbers, of which one execution was proved. */
export class ProvenWorld extends LogWorld {
  constructor() {
    super(undefined, bundle.commitment.model);
  }

  /** The output that the proof is about: no digest covers the key that signs it, so it is signed by that of this world. */
  proven(): EventOf<'evt.v1.inference.output.recorded'> {
    const { subject, payment } = bundle;
    const { modelVersionId, inputHash, outputHash, nonce, timestamp } = subject.proof;
    return this.recorded(
      { modelVersionId, inputHash, outputHash, nonce, timestamp },
      {
        context: subject.context,
        inputs: subject.inputs ?? null,
        outputs: subject.outputs ?? null,
        payment: { requestParts: payment!.requestParts, receipt: null },
      },
    );
  }

  executionProved(verificationId: string, proof = zk): EventOf<'evt.v1.proving.execution.proved'> {
    const body = { verificationId, zk: proof, provedAt: new Date().toISOString() };
    return { subject: 'evt.v1.proving.execution.proved', body };
  }

  /** What a reader believes who lists the circuit. */
  trustInCircuit(): TrustFile {
    const trust = this.trust();
    const { modelVersionId } = this.commitment;
    const circuit = { modelVersionId, vkDigest: circuitDigest(zk), setup: 'single-party' as const };
    return { ...trust, models: [...trust.models, circuit] };
  }
}
