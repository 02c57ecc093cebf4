import { jobAnswer, type JobAnswer } from '@touchstone/contracts/http/jobs';
import { CommandError, exitCodes } from '../exit-codes.js';
import {
  describeProblem,
  fetchJson,
  readAnswer,
  REQUEST_TIMEOUT_MS,
  urlOf,
  type ServiceUrls,
} from './running-stack.js';

/** Milliseconds between two questions about a job. */
const POLL_MS = 500;
/** What a busy gateway, one that waits for its database, or a proxy before it says. */
const COME_AGAIN: ReadonlySet<number> = new Set([429, 502, 503, 504]);

const jobUrl = (stack: ServiceUrls, id: string): string =>
  `${urlOf(stack, 'inference-gateway')}/v1/jobs/${id}`;

/** One job. @throws CommandError `io` */
export function showJob(stack: ServiceUrls, id: string): Promise<JobAnswer> {
  return fetchJson(jobUrl(stack, id), jobAnswer);
}

/** Cancels a job that is queued. @throws CommandError `io`, for one that was begun too */
export function cancelJob(stack: ServiceUrls, id: string): Promise<JobAnswer> {
  return fetchJson(jobUrl(stack, id), jobAnswer, { method: 'DELETE' });
}

/**
 * Waits until a job ended. A gateway that was there once may be away for a while: another one goes on with its jobs.
 *
 * @throws CommandError `pending` when that takes longer than `timeoutMs`
 */
export async function endOfJob(
  stack: ServiceUrls,
  id: string,
  timeoutMs: number,
  onLook: (job: JobAnswer) => void,
): Promise<JobAnswer> {
  const deadline = Date.now() + timeoutMs;
  let newest = await showJob(stack, id);
  for (;;) {
    onLook(newest);
    if (newest.endedAt !== null) return newest;
    const left = deadline - Date.now();
    if (left <= 0)
      throw new CommandError(
        exitCodes.pending,
        `The job ${id} is still ${newest.status} after ${timeoutMs / 1_000} s; wait for it again.`,
      );
    await new Promise((resolve) => setTimeout(resolve, Math.min(POLL_MS, left)));
    newest = (await lookAgain(jobUrl(stack, id))) ?? newest;
  }
}

/** Undefined where the gateway cannot say it now. */
async function lookAgain(url: string): Promise<JobAnswer | undefined> {
  const response = await fetch(url, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) }).catch(
    () => undefined,
  );
  if (response === undefined) return undefined;
  if (response.ok) return readAnswer(url, jobAnswer, response);
  if (!COME_AGAIN.has(response.status))
    throw new CommandError(exitCodes.io, await describeProblem(url, response));
  await response.body?.cancel();
  return undefined;
}
