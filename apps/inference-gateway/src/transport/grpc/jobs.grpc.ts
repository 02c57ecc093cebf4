import type { Metadata } from '@grpc/grpc-js';
import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { uuidV7 } from '@touchstone/contracts';
import { setTrailer } from '@touchstone/platform/grpc';
import { validate } from '@touchstone/platform/http';
import type { Observable } from 'rxjs';
import type { JobCalls } from '../../domain/job/job-calls.js';
import type { Job } from '../../domain/job/job.js';
import { JobWatches, type PlacedJob } from '../../domain/job/watch-job.js';
import { JOB_CALLS } from '../../tokens.js';
import { FoundJobs } from '../found-jobs.js';
import { Links } from '../links.js';
import { presentAccepted } from '../present-job.js';
import { paymentResponseHeader } from '../x402-headers.js';
import { jobMessage, submittedOf, type SubmitMessage } from './job-messages.js';
import { boundCallOf, tellingChallenges, type PaidCall } from './paid-answer.js';
import { watchStream } from './watch-stream.js';

interface OfJob {
  readonly jobId: string;
}

/** Requests that are answered later over gRPC: what `async` and `/v1/jobs` are over HTTP (R-INFER-5). */
@Controller()
export class JobsGrpc {
  constructor(
    @Inject(JOB_CALLS) private readonly calls: JobCalls,
    @Inject(FoundJobs) private readonly jobs: FoundJobs,
    @Inject(JobWatches) private readonly watches: JobWatches,
    @Inject(Links) private readonly links: Links,
  ) {}

  @GrpcMethod('InferenceService', 'SubmitInference')
  async submit(message: SubmitMessage, metadata: Metadata, call: PaidCall): Promise<object> {
    const job = await tellingChallenges(call, () =>
      this.calls.accept.accept({ ...submittedOf(message), ...boundCallOf(message, metadata, call) }),
    );
    return presentAccepted(job, this.calls.secretOf(job.id), this.links);
  }

  @GrpcMethod('InferenceService', 'GetJob')
  async show(message: OfJob, _metadata: Metadata, call: PaidCall): Promise<object> {
    return this.told(call, await this.jobs.find(idOf(message)));
  }

  @GrpcMethod('InferenceService', 'CancelJob')
  async cancel(message: OfJob, _metadata: Metadata, call: PaidCall): Promise<object> {
    return this.told(call, await this.jobs.cancel(idOf(message)));
  }

  @GrpcMethod('InferenceService', 'WatchJob')
  watch(message: OfJob): Observable<object> {
    const id = idOf(message);
    return watchStream(
      (signal) => this.watches.watch(id, signal),
      (found) => this.shown(found),
    );
  }

  private async told(call: PaidCall, job: Job): Promise<object> {
    if (job.settlement) setTrailer(call, 'payment-response', paymentResponseHeader(job.settlement));
    return this.shown({ job, position: await this.jobs.position(job) });
  }

  private shown(found: PlacedJob): object {
    return { job: jobMessage(found, this.links) };
  }
}

const idOf = ({ jobId }: OfJob): string => validate(uuidV7, jobId, 'body');
