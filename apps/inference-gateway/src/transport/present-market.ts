import type { ApiKey, RevenueAnswer } from '@touchstone/contracts/http/developers';
import type { SubmissionAnswer, SubmissionSummary } from '@touchstone/contracts/http/market';
import type { DeveloperKey } from '../domain/market/developer-key.js';
import type { Change, Submission } from '../domain/market/submission.js';
import { sharesOf, type DayUsage } from '../domain/market/usage.js';

const timeOf = (ms: number): string => new Date(ms).toISOString();

/** A submission as lists show it. */
export function summarizeSubmission(submission: Submission): SubmissionSummary {
  const { id, state, reason, developer, manifest, modelSha256, sizeBytes, modelId } = submission;
  const { name, version } = manifest;
  return {
    ...{ id, state, reason, developer, name, version, modelSha256, sizeBytes, modelId },
    submittedAt: timeOf(submission.createdAtMs),
  };
}

/** A submission with what became of it. */
export function presentSubmission(submission: Submission, history: readonly Change[]): SubmissionAnswer {
  const { modelSha3, manifest, manifestSha256, testCasesSha256, termsSha256 } = submission;
  const { deadline, signature, modelSigning } = submission;
  return {
    ...summarizeSubmission(submission),
    ...{ modelSha3, manifest, manifestSha256, testCasesSha256, termsSha256 },
    ...{ deadline, signature, modelSigning },
    history: presentHistory(history),
  };
}

/** What became of something. */
export function presentHistory(history: readonly Change[]): SubmissionAnswer['history'] {
  return history.map(({ atMs, by, from, to, reason }) => ({ at: timeOf(atMs), by, from, to, reason }));
}

/** An API key without the key. */
export function presentKey({ id, label, createdAtMs, revokedAtMs }: DeveloperKey): ApiKey {
  return {
    ...{ id, label, createdAt: timeOf(createdAtMs) },
    revokedAt: revokedAtMs === undefined ? null : timeOf(revokedAtMs),
  };
}

/** What models earned, line by line and in all: totals are the sums of the lines. */
export function presentRevenue(usage: readonly DayUsage[]): Pick<RevenueAnswer, 'lines' | 'totals'> {
  const total = { calls: 0, errors: 0, charged: 0n, developer: 0n, platform: 0n };
  const lines = usage.map(({ chargedAtomic, calls, errors, ...line }) => {
    const shares = sharesOf(chargedAtomic, line.revenueShareBps);
    total.calls += calls;
    total.errors += errors;
    total.charged += chargedAtomic;
    total.developer += shares.developerShareAtomic;
    total.platform += shares.platformShareAtomic;
    return {
      ...{ ...line, calls, errors, chargedAtomic: chargedAtomic.toString() },
      developerShareAtomic: shares.developerShareAtomic.toString(),
      platformShareAtomic: shares.platformShareAtomic.toString(),
    };
  });
  const totals = {
    ...{ calls: total.calls, errors: total.errors, chargedAtomic: total.charged.toString() },
    developerShareAtomic: total.developer.toString(),
    platformShareAtomic: total.platform.toString(),
  };
  return { lines, totals };
}
