import { AppError, type ModelCommitment } from '@touchstone/contracts';
import { nextCommitment } from './commitment.js';
import type { Model } from './model.js';
import type { Signer } from '../inference/signer.js';

/** Attempts to put a commitment in place while other replicas do the same. */
const PUBLISH_ATTEMPTS_MAX = 5;

/** Most commitments of one model version that are listed; each key rotation makes one. */
export const COMMITMENTS_LISTED_MAX = 1_000;

/** Keeps commitments. */
export interface CommitmentStore {
  latest(modelVersionId: string): Promise<ModelCommitment | undefined>;
  /** The newest `limit` commitments of a model version, newest first. */
  history(modelVersionId: string, limit: number): Promise<ModelCommitment[]>;
  /** Stores a commitment and its event in one transaction; false when its sequence is taken already. */
  publish(modelId: string, commitment: ModelCommitment): Promise<boolean>;
}

/**
 * Keeps for every model version a commitment that names the signer's keys. A key that the commitment does not name
 * means that the signer rotated: the commitment is renewed before anything signed by that key is recorded.
 */
export class CommitmentKeeper {
  private readonly known = new Map<string, ModelCommitment>();
  private readonly renewing = new Map<string, Promise<ModelCommitment>>();

  constructor(
    private readonly signer: Pick<Signer, 'keys'>,
    private readonly store: CommitmentStore,
    private readonly nowMs: () => number,
  ) {}

  /** The commitment in force; undefined before the first one is in place. */
  async current(modelVersionId: string): Promise<ModelCommitment | undefined> {
    return this.known.get(modelVersionId) ?? (await this.store.latest(modelVersionId));
  }

  /** All commitments of a model version, newest first: evidence carries the one that was in force. */
  history(modelVersionId: string): Promise<ModelCommitment[]> {
    return this.store.history(modelVersionId, COMMITMENTS_LISTED_MAX);
  }

  /**
   * The commitment that names `keyId`.
   *
   * @throws AppError `dependency-unavailable` when the signer's key set does not name the key either
   */
  async naming(model: Model, keyId: string): Promise<ModelCommitment> {
    const known = this.known.get(model.modelVersionId);
    if (known?.keys.some(({ kid }) => kid === keyId)) return known;
    const renewed = await this.renew(model);
    if (renewed.keys.some(({ kid }) => kid === keyId)) return renewed;
    throw new AppError('dependency-unavailable', `The signer's key set does not name its key ${keyId}.`);
  }

  /** Compares the commitment with the signer's keys and publishes a new one if they differ. */
  renew(model: Model): Promise<ModelCommitment> {
    const { modelVersionId } = model;
    const running = this.renewing.get(modelVersionId);
    if (running) return running;
    const renewal = this.publishNext(model).finally(() => this.renewing.delete(modelVersionId));
    this.renewing.set(modelVersionId, renewal);
    return renewal;
  }

  private async publishNext(model: Model): Promise<ModelCommitment> {
    const keys = await this.signer.keys();
    for (let attempt = 1; attempt <= PUBLISH_ATTEMPTS_MAX; attempt += 1) {
      const previous = await this.store.latest(model.modelVersionId);
      const next = nextCommitment(model, keys, previous, Math.floor(this.nowMs() / 1_000));
      // Another replica that was faster wrote what we would have written; the next look finds it.
      if (next && !(await this.store.publish(model.manifest.id, next))) continue;
      const current = next ?? (previous as ModelCommitment);
      this.known.set(model.modelVersionId, current);
      return current;
    }
    throw new AppError(
      'conflict',
      `The commitment of ${model.manifest.id} changes faster than it can be read.`,
    );
  }
}
