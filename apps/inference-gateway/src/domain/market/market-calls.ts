import type { ChangeStatus } from './change-status.js';
import type { DeveloperKeys, DeveloperKeyStore } from './developer-key.js';
import type { ReviewSubmissions } from './review-submissions.js';
import type { SubmissionStore } from './submission.js';
import type { TakeSubmission } from './take-submission.js';
import type { UsageReader } from './usage.js';
import type { ValidateSubmissions } from './validate-submissions.js';

/** The market of models: what developers and the operator do there. */
export interface MarketCalls {
  readonly submissions: SubmissionStore;
  readonly take: TakeSubmission;
  readonly validate: ValidateSubmissions;
  readonly review: ReviewSubmissions;
  readonly status: ChangeStatus;
  readonly keys: DeveloperKeys;
  readonly keyStore: DeveloperKeyStore;
  readonly usage: UsageReader;
  /** Set once the loops run. */
  readonly poke: { validations: () => void };
}
