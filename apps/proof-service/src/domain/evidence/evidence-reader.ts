import { AppError } from '@touchstone/contracts';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import type { Alarm } from '../ingest/intake.js';
import type { EvidenceLocation } from './evidence-store.js';
import type { EvidenceSubject, Provable } from './evidence-subject.js';
import type { KnownArrivals } from './known-arrivals.js';
import type { RecentBundles, VerifiedBundle } from './recent-bundles.js';

/** Most bundles of one kind that are made at the same time; the next reader is told to come again. */
export const BUNDLES_IN_WORK_MAX = 256;
/** Seconds after which a reader of unfinished evidence should ask again. */
export const PENDING_RETRY_SECONDS = 1;

/** How far the evidence of a subject has come. */
export const evidenceStages = ['accepted', 'sealed', 'logged', 'checkpointed'] as const;
export type EvidenceStage = (typeof evidenceStages)[number];

/** Told about every answer. */
export interface EvidenceObserver {
  served(source: 'memory' | 'built', anchored: boolean): void;
  /** A bundle was made and verified, whatever came of it. */
  built(seconds: number): void;
  pending(stage: EvidenceStage): void;
  selfCheckFailed(subject: string, findings: readonly string[], cause?: unknown): void;
  /** A part was left out of a bundle that was made; told once for all readers of that bundle. */
  alarmed(alarm: Alarm): void;
}

export interface EvidenceReaderOptions {
  /** Shared by the readers of all kinds. */
  readonly recent: RecentBundles;
  readonly arrivals: KnownArrivals;
  readonly observer: EvidenceObserver;
}

/** What a reader waits for: a final anchor on some network, or one on each of those that he names. */
export type RequiredAnchors = 'none' | 'any' | readonly string[];

/** Makes, verifies and keeps the evidence bundles of one kind of subject. */
export class EvidenceReader<Question, Location extends EvidenceLocation = EvidenceLocation> {
  private readonly inWork = new Map<unknown, Promise<VerifiedBundle>>();

  constructor(
    private readonly subject: EvidenceSubject<Question, Location>,
    private readonly options: EvidenceReaderOptions,
  ) {}

  /**
   * The bundle of a subject.
   *
   * @throws AppError of the subject where there is none, `evidence-pending` with the stage, `queue-full`, or `internal` when
   * the bundle does not pass its own verification: it is never served
   */
  async read(question: Question, required: RequiredAnchors = 'none'): Promise<VerifiedBundle> {
    const { subject } = this;
    const { recent, arrivals, observer } = this.options;
    const key = subject.key(question);
    const kept = key === undefined ? undefined : recent.get(key);
    if (
      kept !== undefined &&
      kept.networks.size > 0 &&
      missingOf(required, kept.networks) === undefined &&
      !(await arrivals.hasMore(kept))
    )
      return this.serve(kept, 'memory');
    const { proofs } = arrivals;
    const location = await subject.locate(question);
    const missing = missingOf(required, networksOf(location));
    const absent = subject.missing(location);
    if (!isProvable(location) || absent !== undefined || missing !== undefined) {
      const stage = stageOf(location);
      observer.pending(stage);
      throw pendingError(subject.describe(question), stage, absent, missing);
    }
    if (kept?.version === versionOf(location)) return this.serve(this.keep(key, kept, proofs), 'memory');
    return this.serve(await this.buildOnce(question, location, proofs), 'built');
  }

  /** Remembers of what is kept that the proofs so far are about others. */
  private keep(key: string | undefined, kept: VerifiedBundle, proofs: bigint): VerifiedBundle {
    if (key === undefined || kept.proofs === undefined || kept.proofs >= proofs) return kept;
    const looked = { ...kept, proofs };
    this.options.recent.put(key, looked);
    return looked;
  }

  private serve(bundle: VerifiedBundle, source: 'memory' | 'built'): VerifiedBundle {
    this.options.observer.served(source, bundle.networks.size > 0);
    return bundle;
  }

  /** Readers of the same bundle share the work. */
  private buildOnce(
    question: Question,
    location: Provable<Location>,
    proofs: bigint,
  ): Promise<VerifiedBundle> {
    const { recent } = this.options;
    const kept = this.subject.key(question);
    const key = kept === undefined ? question : `${kept} ${versionOf(location)}`;
    const running = this.inWork.get(key);
    if (running) return running;
    if (this.inWork.size >= BUNDLES_IN_WORK_MAX) {
      throw new AppError('queue-full', `${BUNDLES_IN_WORK_MAX} bundles are being made.`);
    }
    const work = this.build(question, location, proofs)
      .then((bundle) => {
        if (kept !== undefined) recent.put(kept, bundle);
        return bundle;
      })
      .finally(() => this.inWork.delete(key));
    this.inWork.set(key, work);
    return work;
  }

  private async build(
    question: Question,
    location: Provable<Location>,
    proofs: bigint,
  ): Promise<VerifiedBundle> {
    const startedMs = performance.now();
    const { text, findings, cause, alarm } = await this.subject.build(question, location);
    this.options.observer.built((performance.now() - startedMs) / 1_000);
    if (alarm !== undefined) this.options.observer.alarmed(alarm);
    if (findings.length > 0) {
      const about = `evidence of ${this.subject.describe(question)}`;
      this.options.observer.selfCheckFailed(about, findings, cause);
      throw new AppError('internal', 'The evidence did not pass its own verification and was not served.', {
        cause,
      });
    }
    return {
      version: versionOf(location),
      text,
      etag: `"${bytesToHex(sha256(new TextEncoder().encode(text)))}"`,
      logIndex: location.batch.logIndex,
      networks: networksOf(location),
      // The first proof stays, so that what has one waits for no other.
      proofs: location.isProved === false ? proofs : undefined,
    };
  }
}

function isProvable<L extends EvidenceLocation>(location: L): location is Provable<L> {
  return location.batch !== undefined && location.checkpoints.length > 0;
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
  accepted: 'it is recorded and waits for its batch',
  sealed: 'its batch is sealed and waits for earlier entries of the log',
  logged: 'its batch stands in the log and waits for a signed checkpoint',
};

function pendingError(
  subject: string,
  stage: EvidenceStage,
  absent: string | undefined,
  missing: string | undefined,
): AppError {
  const meaning =
    stage === 'checkpointed'
      ? `a signed checkpoint covers it and waits for ${missing ?? 'a final anchor'}`
      : STAGE_MEANING[stage];
  return new AppError(
    'evidence-pending',
    `The evidence of ${subject} is not complete: ${absent ?? meaning}.`,
    {
      details: [{ pointer: '/stage', detail: stage }],
      retryAfterSeconds: PENDING_RETRY_SECONDS,
    },
  );
}

function versionOf({ checkpoints, isProved }: EvidenceLocation): string {
  const parts = checkpoints.map(
    ({ size, anchors }) => `${size}/${anchors.map(({ anchorId }) => anchorId).join(',')}`,
  );
  return [...parts, ...(isProved === true ? ['zk'] : [])].join(' ');
}
