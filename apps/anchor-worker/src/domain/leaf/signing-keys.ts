import { AppError, type BatchSigned, type KeystoreEntry, type OutputProof } from '@touchstone/contracts';
import { createEcdsaVerifier, hexToBytes, parseSignature, type EcdsaVerifier } from '@touchstone/crypto';
import { BatchError, verifyBatchSignature, type VerifyingKey } from '@touchstone/event-batch';
import { outputDigest } from '@touchstone/evidence';
import { singleFlight } from '@touchstone/work';

/** Fewest milliseconds between two questions to the signer that an unknown key causes. */
export const SIGNING_KEYS_REFETCH_MIN_MS = 1_000;

/** Asks the signer for all keys that it lists, past ones included. */
export interface SigningKeySource {
  /** @throws AppError `dependency-unavailable`, `timeout` while the signer does not answer */
  keys(): Promise<readonly KeystoreEntry[]>;
}

/** What the signer lists, by key id, ready to verify with. */
interface Listed {
  readonly outputs: ReadonlyMap<string, EcdsaVerifier>;
  readonly batches: ReadonlyMap<string, VerifyingKey>;
}

/**
 * Checks the signatures of outputs and of event batches before they go into the log, so that what no signer signed is never
 * anchored, whoever got it into the stream. Whether a key was the right one at its time is for verifiers to say.
 *
 * Keys change rarely: they are asked for once, and again when something names one that is not among them; how often
 * that may happen is bounded, since whoever writes a record chooses its key id.
 */
export class SigningKeys {
  private listed: Listed = { outputs: new Map(), batches: new Map() };
  private askedAtMs: number | undefined;

  constructor(
    private readonly source: SigningKeySource,
    private readonly nowMs: () => number,
  ) {}

  /**
   * @throws AppError `validation-failed` for a signature that its key did not make; `dependency-unavailable` while the
   * key is not known, also because the signer does not answer: the output may be good and has to come again
   */
  async checkOutput(proof: OutputProof): Promise<void> {
    const verify = await this.find('outputs', proof.keyId);
    const signature = parseSignature(proof.signature);
    const result =
      'compact' in signature ? verify(outputDigest(proof, proof.domain), signature.compact) : 'bad-signature';
    if (result !== 'ok')
      throw new AppError(
        'validation-failed',
        `The signature of the output with nonce ${proof.nonce} is not of key ${proof.keyId}: ${result}.`,
      );
  }

  /** {@link checkOutput} of an event batch; a note has to name the batch that it comes with. */
  async checkBatch(batch: BatchSigned): Promise<void> {
    const { batchId, tenant, kid } = batch;
    const key = await this.find('batches', kid);
    try {
      const note = verifyBatchSignature(
        {
          ...{ format: batch.format, batch_ts: batch.batchTs, merkle_root: batch.root },
          ...{ leaf_count: batch.leafCount, signature: batch.signature },
        },
        key,
      );
      if (note && (note.batchId !== batchId || note.tenant !== tenant))
        throw new BatchError('not-of-this-batch', `The note is of batch ${note.batchId} of ${note.tenant}.`);
    } catch (error) {
      if (!(error instanceof BatchError)) throw error;
      throw new AppError(
        'validation-failed',
        `The signature of event batch ${batchId} is not of key ${kid}: ${error.reason}.`,
        { cause: error },
      );
    }
  }

  private async find<U extends keyof Listed>(use: U, keyId: string): Promise<KeyOf<U>> {
    const known = this.listed[use].get(keyId);
    if (known !== undefined) return known as KeyOf<U>;
    const ageMs = this.nowMs() - (this.askedAtMs ?? Number.NEGATIVE_INFINITY);
    // A clock that was set back says nothing about the age.
    if (ageMs < 0 || ageMs >= SIGNING_KEYS_REFETCH_MIN_MS) {
      await this.ask();
    }
    const found = this.listed[use].get(keyId);
    if (found === undefined)
      throw new AppError(
        'dependency-unavailable',
        `The signer lists no key ${keyId} of ${use}; what it signed waits until it does.`,
      );
    return found as KeyOf<U>;
  }

  private readonly ask = singleFlight(async () => {
    const keys = await this.source.keys();
    this.listed = {
      outputs: new Map(
        keys
          .filter(({ use, alg }) => use === 'output' && alg === 'ES256K')
          .map(({ kid, public_key: publicKey }) => [
            kid,
            createEcdsaVerifier(hexToBytes(publicKey, 33) as Uint8Array),
          ]),
      ),
      batches: new Map(
        keys
          .filter(({ use, alg }) => use === 'event-batch' && alg === 'Ed25519')
          .map(({ kid, public_key: publicKey, name }) => [
            kid,
            { publicKey: hexToBytes(publicKey, 32) as Uint8Array, ...(name === undefined ? {} : { name }) },
          ]),
      ),
    };
    this.askedAtMs = this.nowMs();
  });
}

type KeyOf<U extends keyof Listed> = Listed[U] extends ReadonlyMap<string, infer K> ? K : never;
