import { AppError } from '@touchstone/contracts';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import type { KnownKeys } from '../keys/signer-keys.js';
import { planBundle, type ProvableLocation } from './assemble-bundle.js';
import type { EvidenceLocation, EvidenceStore } from './evidence-store.js';
import type { AnchoredSizes } from './anchored-sizes.js';
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
  readonly anchored: AnchoredSizes;
  readonly origin: string;
  readonly chains: readonly AnchorChain[];
  readonly observer: EvidenceObserver;
}

/** What a reader waits for: a final anchor on some network, or one on each of those that he names. */
export type RequiredAnchors = 'none' | 'any' | readonly string[];

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
  async read(verificationId: string, required: RequiredAnchors = 'none'): Promise<VerifiedBundle> {
    const { store, recent, anchored, observer } = this.options;
    const kept = recent.get(verificationId);
    if (
      kept !== undefined &&
      kept.networks.size > 0 &&
      missingOf(required, kept.networks) === undefined &&
      !(await anchored.hasMore(kept.logIndex, kept.networks))
    )
      return this.serve(kept, 'memory');
    const location = await store.locate(verificationId);
    if (!location)
      throw new AppError('unknown-verification', `No record names the verification ${verificationId}.`);
    const missing = missingOf(required, networksOf(location));
    if (!isProvable(location) || missing !== undefined) {
      const stage = stageOf(location);
      observer.pending(stage);
      throw pendingError(location, stage, missing);
    }
    if (kept?.version === versionOf(location)) return this.serve(kept, 'memory');
    return this.serve(await this.buildOnce(location), 'built');
  }

  private serve(bundle: VerifiedBundle, source: 'memory' | 'built'): VerifiedBundle {
    this.options.observer.served(source, bundle.networks.size > 0);
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
      logIndex: location.batch.logIndex,
      networks: networksOf(location),
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
  return location.batch !== undefined && location.checkpoints.length > 0 && location.commitmentKnown;
}

function networksOf({ checkpoints }: Pick<EvidenceLocation, 'checkpoints'>): ReadonlySet<string> {
  return new Set(checkpoints.flatMap(({ anchors }) => anchors.map(({ network }) => network)));
}

/** What is waited for, in words; `undefined` when everything is there. */
function missingOf(required: RequiredAnchors, present: ReadonlySet<string>): string | undefined {
  if (required === 'none') return undefined;
  if (required === 'any') return present.size > 0 ? undefined : 'a final anchor';
  const missing = required.filter((network) => !present.has(network));
  return missing.length === 0 ? undefined : `a final anchor on ${missing.join(', ')}`;
}

function stageOf({ batch, logSize, checkpoints }: EvidenceLocation): EvidenceStage {
  if (!batch) return 'accepted';
  if (batch.logIndex >= logSize) return 'sealed';
  return checkpoints.length > 0 ? 'checkpointed' : 'logged';
}

const STAGE_MEANING: Readonly<Record<Exclude<EvidenceStage, 'checkpointed'>, string>> = {
  accepted: 'the output is recorded and waits for its batch',
  sealed: 'its batch is sealed and waits for earlier entries of the log',
  logged: 'its batch stands in the log and waits for a signed checkpoint',
};

function pendingError(
  { verificationId, commitmentKnown }: EvidenceLocation,
  stage: EvidenceStage,
  missing: string | undefined,
): AppError {
  const meaning =
    stage === 'checkpointed'
      ? `a signed checkpoint covers it and waits for ${missing ?? 'a final anchor'}`
      : STAGE_MEANING[stage];
  const detail = commitmentKnown ? meaning : 'the commitment of its model has not arrived';
  return new AppError('evidence-pending', `The evidence of ${verificationId} is not complete: ${detail}.`, {
    details: [{ pointer: '/stage', detail: stage }],
    retryAfterSeconds: PENDING_RETRY_SECONDS,
  });
}

function versionOf({ checkpoints }: ProvableLocation): string {
  return checkpoints
    .map(({ size, anchors }) => `${size}/${anchors.map(({ anchorId }) => anchorId).join(',')}`)
    .join(' ');
}
