import { AppError } from '@touchstone/contracts';
import { readTrustFile, verifyEvidence, type TrustFile, type VerificationReport } from '@touchstone/evidence';
import type { KnownKeys } from '../keys/signer-keys.js';
import { ownTrustFile, type LogTrust } from './own-trust.js';

/** Largest trust file in bytes that a bundle is verified against; whoever has a larger one verifies on their own machine. */
export const VERIFY_TRUST_BYTES_MAX = 1_048_576;

/**
 * Public signals of a proof that is verified for a caller: each large one takes half a millisecond of everybody's time. Who has a larger
 * proof verifies on their own machine.
 */
export const VERIFY_SIGNALS_MAX = 1_024;

/** A bundle that somebody brings, and what they believe. */
export interface BundleClaim {
  readonly bundle: Uint8Array;
  /** The text of a trust file; without one this service's own trust. */
  readonly trust: Uint8Array | undefined;
  readonly strict: boolean;
}

/** Verifies bundles for callers that cannot do it themselves. Whoever can should: this service may be the one that is doubted. */
export class BundleVerifier {
  constructor(
    private readonly keys: KnownKeys,
    private readonly trust: LogTrust,
    private readonly nowMs: () => number,
  ) {}

  /**
   * A bundle that does not hold is an answer, also one that is none.
   *
   * @throws AppError `body-too-large` or `validation-failed` for the trust file, `dependency-unavailable` without the signer's keys
   */
  async verify({ bundle, trust, strict }: BundleClaim): Promise<VerificationReport> {
    const nowMs = this.nowMs();
    const believed = trust === undefined ? await this.own(nowMs) : trustOf(trust);
    return verifyEvidence(bundle, { trust: believed, nowMs, strict, signalsMax: VERIFY_SIGNALS_MAX });
  }

  private async own(nowMs: number): Promise<TrustFile> {
    return ownTrustFile({ ...this.trust, keys: await this.keys.current() }, nowMs);
  }
}

function trustOf(text: Uint8Array): TrustFile {
  if (text.length > VERIFY_TRUST_BYTES_MAX)
    throw new AppError(
      'body-too-large',
      `The trust file has ${text.length} bytes, at most ${VERIFY_TRUST_BYTES_MAX} are read.`,
    );
  try {
    return readTrustFile(text);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    // It is the caller's file, and no setting of ours.
    const details = error.details.map(({ pointer, detail }) => ({ pointer: `/trust${pointer}`, detail }));
    throw new AppError('validation-failed', error.message, { details });
  }
}
