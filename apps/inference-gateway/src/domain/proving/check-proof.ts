import { AppError } from '@touchstone/contracts';
import type { ZkProof } from '@touchstone/contracts/circuit';
import type { ModelCatalogue } from '../model/model-catalogue.js';
import type { Model, ProvableCircuit } from '../model/model.js';

/** Judges proofs where they hold up nothing else. */
export interface ProofVerifier {
  /** @returns why it is not valid; undefined when it is. @throws AppError `queue-full`, `timeout` */
  verify(vk: ZkProof['vk'], publicSignals: readonly string[], proof: unknown): Promise<string | undefined>;
}

/** A proof that somebody brings. */
export interface BroughtProof {
  readonly vkDigest: string;
  readonly publicSignals: readonly string[];
  readonly proof: unknown;
}

/** What became of it, and the circuit that it was judged by. */
export interface CheckedProof {
  readonly model: Model & { readonly circuit: ProvableCircuit };
  readonly reason: string | undefined;
}

/**
 * Checks proofs by the keys of the models that are served here. A key is named by its digest: under one that the caller chose
 * himself, everything can be proved.
 */
export class CheckProof {
  constructor(
    private readonly catalogue: Pick<ModelCatalogue, 'all'>,
    private readonly verifier: ProofVerifier,
  ) {}

  /** @throws AppError `not-found` for a key that no model here has; those of the verifier */
  async check({ vkDigest, publicSignals, proof }: BroughtProof): Promise<CheckedProof> {
    const model = this.catalogue.all().find(({ circuit }) => circuit?.vkDigest === vkDigest);
    if (model?.circuit === undefined)
      throw new AppError(
        'not-found',
        `No model here has a circuit with the key ${vkDigest}; the pages of models name theirs. Evidence that carries another key is verified by the offline verifier.`,
      );
    const reason = await this.verifier.verify(model.circuit.vk, publicSignals, proof);
    return { model: model as CheckedProof['model'], reason };
  }
}
