import { AppError } from '@touchstone/contracts';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import type { KnownKeys } from '../keys/signer-keys.js';
import { planBundle, type ProvableLocation } from './assemble-bundle.js';
import type { EvidenceLocation, EvidenceStore } from './evidence-store.js';
import type { RecentBundles, VerifiedBundle } from './recent-bundles.js';
import { selfCheck, type AnchorChain } from './self-check.js';

/** Most bundles that are made at the same time; the next reader is told to come again. */
export const BUNDLES_IN_WORK_MAX = 256;
/** Seconds after which a reader of unfinished evidence should ask again. */
export const PENDING_RETRY_SECONDS = 1;

/** How far the evidence of an output has come. */
export const evidenceStages = ['accepted', 'sealed', 'logged', 'checkpointed'] as const;
export type EvidenceStage = (typeof evidenceStages)[number];

/** Told about every answer. */
export interface EvidenceObserver {
  served(source: 'memory' | 'built', anchored: boolean): void;
  pending(stage: EvidenceStage): void;
  selfCheckFailed(subject: string, findings: readonly string[], cause?: unknown): void;
}

export interface EvidenceReaderOptions {
  readonly store: EvidenceStore;
  readonly keys: KnownKeys;
  readonly recent: RecentBundles;
  readonly origin: string;
  readonly chains: readonly AnchorChain[];
  readonly observer: EvidenceObserver;
}

/** Makes, verifies and keeps evidence bundles. */
export class EvidenceReader {
  private readonly inWork = new Map<string, Promise<VerifiedBundle>>();

  constructor(private readonly options: EvidenceReaderOptions) {}

  /**
   * The bundle of an output.
   *
   * @throws AppError `unknown-verification`, `evidence-pending` with the stage, `queue-full`, or `internal` when the
   * bundle does not pass its own verification: it is never served
   */
  async read(verificationId: string, anchoredOnly: boolean): Promise<VerifiedBundle> {
    const { store, recent, observer } = this.options;
    const kept = recent.get(verificationId);
    if (kept?.anchored) return this.serve(kept, 'memory');
    const location = await store.locate(verificationId);
    if (!location)
      throw new AppError('unknown-verification', `No record names the verification ${verificationId}.`);
    const stage = stageOf(location);
    if (!isProvable(location) || (anchoredOnly && location.checkpoint.anchorIds.length === 0)) {
      observer.pending(stage);
      throw pendingError(verificationId, stage, location.commitmentKnown);
    }
    if (kept?.version === versionOf(location)) return this.serve(kept, 'memory');
    return this.serve(await this.buildOnce(location), 'built');
  }

  private serve(bundle: VerifiedBundle, source: 'memory' | 'built'): VerifiedBundle {
    this.options.observer.served(source, bundle.anchored);
    return bundle;
  }

  /** Readers of the same bundle share the work. */
  private buildOnce(location: ProvableLocation): Promise<VerifiedBundle> {
    const { recent } = this.options;
    const key = `${location.verificationId} ${versionOf(location)}`;
    const running = this.inWork.get(key);
    if (running) return running;
    if (this.inWork.size >= BUNDLES_IN_WORK_MAX) {
      throw new AppError('queue-full', `${BUNDLES_IN_WORK_MAX} bundles are being made.`);
    }
    const work = this.build(location)
      .then((bundle) => {
        recent.put(location.verificationId, bundle);
        return bundle;
      })
      .finally(() => this.inWork.delete(key));
    this.inWork.set(key, work);
    return work;
  }

  private async build(location: ProvableLocation): Promise<VerifiedBundle> {
    const { store, keys, origin, chains } = this.options;
    const plan = planBundle(location);
    const parts = await store.load(plan.request);
    if (!parts) throw this.failed(location, ['a part is gone']);
    let assembled: ReturnType<typeof plan.assemble>;
    try {
      assembled = plan.assemble(parts);
    } catch (cause) {
      throw this.failed(location, ['the stored parts make no bundle'], cause);
    }
    const { text, record } = assembled;
    const trusted = await keys.withOutputKey(record.proof.keyId);
    const { commitmentHash } = location;
    const findings = selfCheck(text, record, { keys: trusted, origin, chains, commitmentHash });
    if (findings.length > 0) throw this.failed(location, findings);
    return {
      version: versionOf(location),
      text,
      etag: `"${bytesToHex(sha256(new TextEncoder().encode(text)))}"`,
      anchored: location.checkpoint.anchorIds.length > 0,
    };
  }

  private failed(
    { verificationId }: ProvableLocation,
    findings: readonly string[],
    cause?: unknown,
  ): AppError {
    this.options.observer.selfCheckFailed(`evidence of ${verificationId}`, findings, cause);
    return new AppError('internal', 'The evidence did not pass its own verification and was not served.', {
      cause,
    });
  }
}

function isProvable(location: EvidenceLocation): location is EvidenceLocation & ProvableLocation {
  return location.batch !== undefined && location.checkpoint !== undefined && location.commitmentKnown;
}

function stageOf({ batch, logSize, checkpoint }: EvidenceLocation): EvidenceStage {
  if (!batch) return 'accepted';
  if (batch.logIndex >= logSize) return 'sealed';
  return checkpoint ? 'checkpointed' : 'logged';
}

const STAGE_MEANING: Readonly<Record<EvidenceStage, string>> = {
  accepted: 'the output is recorded and waits for its batch',
  sealed: 'its batch is sealed and waits for earlier entries of the log',
  logged: 'its batch stands in the log and waits for a signed checkpoint',
  checkpointed: 'a signed checkpoint covers it and waits for a final anchor',
};

function pendingError(verificationId: string, stage: EvidenceStage, commitmentKnown: boolean): AppError {
  const meaning = commitmentKnown ? STAGE_MEANING[stage] : 'the commitment of its model has not arrived';
  return new AppError('evidence-pending', `The evidence of ${verificationId} is not complete: ${meaning}.`, {
    details: [{ pointer: '/stage', detail: stage }],
    retryAfterSeconds: PENDING_RETRY_SECONDS,
  });
}

function versionOf({ checkpoint }: ProvableLocation): string {
  return `${checkpoint.size}/${checkpoint.anchorIds.join(',')}`;
}
