import { AppError, type Problem } from '@touchstone/contracts';
import { inferRequest } from '@touchstone/contracts/http/inference-gateway';
import { validate } from '@touchstone/platform/http';
import type { InferCall } from '../../domain/inference/infer-model.js';
import type { Job } from '../../domain/job/job.js';
import type { PlacedJob } from '../../domain/job/watch-job.js';
import { modelId } from '../inference-calls.js';
import type { Links } from '../links.js';
import { timeOf } from '../present-job.js';
import { answerMessage, requestOf, type InferMessage } from './messages.js';

/** `SubmitInferenceRequest`. */
export interface SubmitMessage {
  /** Null where it was left out. */
  readonly request: InferMessage | null;
  readonly callbackUrl?: string;
}

/** The request of a job and the model that it asks, by the schema of HTTP. @throws AppError `validation-failed`, `tensor-invalid` */
export function submittedOf({ request, callbackUrl }: SubmitMessage): Pick<InferCall, 'modelId' | 'request'> {
  if (request === null) {
    const details = [{ pointer: '/request', detail: 'expected a request' }];
    throw new AppError('validation-failed', 'The body does not fit its schema; see errors.', { details });
  }
  return {
    modelId: validate(modelId, request.modelId, 'body'),
    request: validate(
      inferRequest,
      {
        ...(requestOf(request) as object),
        async: true,
        ...(callbackUrl === undefined ? {} : { callback: { url: callbackUrl } }),
      },
      'body',
    ),
  };
}

/** `Job`. */
export function jobMessage({ job, position }: PlacedJob, links: Links): object {
  const { settlement, callback, answer, problem } = job;
  return {
    ...{ jobId: job.id, status: job.status, modelId: job.modelId },
    ...timesOf(job),
    ...(position === null ? {} : { position }),
    ...(answer && { answer: answerMessage(answer) }),
    ...(settlement && { settlementJson: JSON.stringify(settlement) }),
    ...(problem && { problem: problemMessage(problem) }),
    ...(callback && { callback }),
    links: { job: links.job(job.id) },
  };
}

function timesOf({ createdAtMs, startedAtMs, endedAtMs }: Job): object {
  return {
    createdAt: timeOf(createdAtMs),
    ...(startedAtMs === undefined ? {} : { startedAt: timeOf(startedAtMs) }),
    ...(endedAtMs === undefined ? {} : { endedAt: timeOf(endedAtMs) }),
  };
}

const problemMessage = ({
  code,
  status,
  title,
  detail,
  retryable,
  legacyCode,
  errors = [],
}: Problem): object => ({
  ...{ code, status, title, detail, retryable, errors },
  ...(legacyCode === undefined ? {} : { legacyCode }),
});
