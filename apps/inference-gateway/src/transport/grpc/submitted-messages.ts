import { messageReader } from '@touchstone/platform/grpc';
import type { InferCall } from '../../domain/inference/infer-model.js';
import type { JobRequest } from '../../domain/job/job.js';
import { INFERENCE_SERVICE, inferenceProtoPath } from '../../inference-proto.js';
import { submittedOf, type SubmitMessage } from './job-messages.js';

const METHOD = 'SubmitInference';
const TARGET = `/${INFERENCE_SERVICE}/${METHOD}`;

/** Whether a request came over gRPC; its body is then the bytes of its message. */
export function isSubmitTarget(target: string): boolean {
  return target === TARGET;
}

/** Reads the messages of jobs again that were taken before. */
export class SubmittedMessages {
  private readonly read = messageReader(inferenceProtoPath, INFERENCE_SERVICE, METHOD);

  /** @throws AppError when this version does not take it any more */
  readAgain({ body }: Pick<JobRequest, 'body'>): Pick<InferCall, 'request' | 'body'> {
    return { body, request: submittedOf(this.read(body) as SubmitMessage).request };
  }
}
