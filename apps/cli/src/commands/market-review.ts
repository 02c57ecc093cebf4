import type { SubmissionState } from '@touchstone/contracts/http/submission-states';
import type { SubmissionAnswer } from '@touchstone/contracts/http/market';
import { exitCodes, type ExitCode } from '../exit-codes.js';
import { describeSubmission, listing } from '../market/describe-submission.js';
import {
  changeModel,
  listSubmissions,
  reviewSubmission,
  showSubmission,
  type MarketOptions,
} from '../market/market-api.js';
import { printableLine } from '../terminal/printable.js';

export interface ReviewOptions extends MarketOptions {
  readonly json: boolean;
}

/** `touchstone models review list`. */
export async function listSubmissionsCommand(
  options: ReviewOptions & { readonly in?: SubmissionState },
): Promise<ExitCode> {
  const submissions = await listSubmissions(options, options.in);
  process.stdout.write(
    options.json ? `${JSON.stringify({ submissions }, null, 2)}\n` : `${listing(submissions)}\n`,
  );
  return exitCodes.ok;
}

/** `touchstone models review show`. */
export async function showSubmissionCommand(id: string, options: ReviewOptions): Promise<ExitCode> {
  return write(await showSubmission(options, id), options);
}

/** `touchstone models review approve` and `reject`. */
export async function reviewCommand(
  id: string,
  decision: 'approve' | 'reject',
  options: ReviewOptions & { readonly reason?: string },
): Promise<ExitCode> {
  return write(await reviewSubmission(options, id, decision, options.reason), options);
}

/** `touchstone models suspend` and `resume`. */
export async function changeModelCommand(
  id: string,
  change: 'suspend' | 'resume',
  options: ReviewOptions & { readonly reason: string },
): Promise<ExitCode> {
  const model = await changeModel(options, id, change, options.reason);
  process.stdout.write(
    options.json
      ? `${JSON.stringify(model, null, 2)}\n`
      : `${printableLine(model.id)} is ${printableLine(model.status)}.\n`,
  );
  return exitCodes.ok;
}

function write(submission: SubmissionAnswer, { json }: ReviewOptions): ExitCode {
  process.stdout.write(
    json ? `${JSON.stringify(submission, null, 2)}\n` : `${describeSubmission(submission)}\n`,
  );
  return exitCodes.ok;
}
