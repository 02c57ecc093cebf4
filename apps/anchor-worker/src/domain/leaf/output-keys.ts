import { AppError, type KeystoreEntry, type OutputProof } from '@touchstone/contracts';
import { createEcdsaVerifier, hexToBytes, parseSignature, type EcdsaVerifier } from '@touchstone/crypto';
import { outputDigest } from '@touchstone/evidence';
import { singleFlight } from '@touchstone/work';

/** Fewest milliseconds between two questions to the signer that an unknown key causes. */
export const OUTPUT_KEYS_REFETCH_MIN_MS = 1_000;

/** Asks the signer for all keys that it lists, past ones included. */
export interface OutputKeySource {
  /** @throws AppError `dependency-unavailable`, `timeout` while the signer does not answer */
  keys(): Promise<readonly KeystoreEntry[]>;
}

/**
 * Checks the signatures of outputs before their leaves go into the log, so that a leaf which no signer signed is never
 * anchored, whoever got it into the stream. Whether a key was the right one at its time is for verifiers to say.
 *
 * Keys change rarely: they are asked for once, and again when an output names one that is not among them; how often
 * that may happen is bounded, since whoever writes a record chooses its key id.
 */
export class OutputKeys {
  private verifiers: ReadonlyMap<string, EcdsaVerifier> = new Map();
  private askedAtMs: number | undefined;

  constructor(
    private readonly source: OutputKeySource,
    private readonly nowMs: () => number,
  ) {}

  /**
   * @throws AppError `validation-failed` for a signature that its key did not make; `dependency-unavailable` while the
   * key is not known, also because the signer does not answer: the output may be good and has to come again
   */
  async check(proof: OutputProof): Promise<void> {
    const verify = this.verifiers.get(proof.keyId) ?? (await this.afterAsking(proof.keyId));
    const signature = parseSignature(proof.signature);
    const result =
      'compact' in signature ? verify(outputDigest(proof, proof.domain), signature.compact) : 'bad-signature';
    if (result !== 'ok')
      throw new AppError(
        'validation-failed',
        `The signature of the output with nonce ${proof.nonce} is not of key ${proof.keyId}: ${result}.`,
      );
  }

  private async afterAsking(keyId: string): Promise<EcdsaVerifier> {
    const ageMs = this.nowMs() - (this.askedAtMs ?? Number.NEGATIVE_INFINITY);
    // A clock that was set back says nothing about the age.
    if (ageMs < 0 || ageMs >= OUTPUT_KEYS_REFETCH_MIN_MS) {
      await this.ask();
    }
    const verify = this.verifiers.get(keyId);
    if (verify === undefined)
      throw new AppError(
        'dependency-unavailable',
        `The signer lists no output key ${keyId}; the output waits until it does.`,
      );
    return verify;
  }

  private readonly ask = singleFlight(async () => {
    const keys = await this.source.keys();
    this.verifiers = new Map(
      keys
        .filter(({ use, alg }) => use === 'output' && alg === 'ES256K')
        .map(({ kid, public_key: publicKey }) => [
          kid,
          createEcdsaVerifier(hexToBytes(publicKey, 33) as Uint8Array),
        ]),
    );
    this.askedAtMs = this.nowMs();
  });
}
