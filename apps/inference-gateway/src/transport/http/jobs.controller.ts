import { Controller, Delete, Get, HttpCode, Inject, Res } from '@nestjs/common';
import { AppError, uuidV7 } from '@touchstone/contracts';
import { jobAnswer } from '@touchstone/contracts/http/jobs';
import { ApiRoute, ZodParam } from '@touchstone/platform/http';
import { CLOCK, type Clock } from '@touchstone/platform/wiring';
import type { ServerResponse } from 'node:http';
import type { JobCalls } from '../../domain/job/job-calls.js';
import type { Job } from '../../domain/job/job.js';
import { JOB_CALLS } from '../../tokens.js';
import { Links } from '../links.js';
import { jobText } from '../present-job.js';
import { paymentResponseHeader } from '../x402-headers.js';

/** `/v1/jobs/:id`: requests that are answered later (R-INFER-5). */
@Controller('v1/jobs')
export class JobsController {
  constructor(
    @Inject(JOB_CALLS) private readonly calls: JobCalls,
    @Inject(Links) private readonly links: Links,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get(':id')
  @ApiRoute({
    summary: 'Shows a job: its place in the queue, and once it ended its answer or why there is none.',
    public: true,
    tags: ['jobs'],
    response: jobAnswer,
    errors: ['validation-failed', 'not-found', 'dependency-unavailable'],
  })
  async show(@ZodParam('id', uuidV7) id: string, @Res() response: ServerResponse): Promise<void> {
    await this.send(response, await this.find(id));
  }

  @Delete(':id')
  @HttpCode(200)
  @ApiRoute({
    summary: 'Cancels a job that was not begun; nothing is charged.',
    description: 'A job that was begun is a conflict. Again, it gives the same answer.',
    public: true,
    tags: ['jobs'],
    response: jobAnswer,
    errors: ['validation-failed', 'not-found', 'conflict', 'dependency-unavailable'],
  })
  async cancel(@ZodParam('id', uuidV7) id: string, @Res() response: ServerResponse): Promise<void> {
    const { store, poke } = this.calls;
    const cancelled = await store.cancel(id, this.clock.nowMs());
    const job = await this.find(id);
    if (job.status !== 'cancelled')
      throw new AppError('conflict', `The job cannot be cancelled: it is ${job.status}.`);
    if (cancelled) poke.callbacks();
    await this.send(response, job);
  }

  private async find(id: string): Promise<Job> {
    const job = await this.calls.store.find(id);
    if (job === undefined)
      throw new AppError('not-found', `There is no job ${id}; one that ended long ago is not kept.`);
    return job;
  }

  private async send(response: ServerResponse, job: Job): Promise<void> {
    const position = job.status === 'queued' ? await this.calls.store.position(job.id) : null;
    const body = Buffer.from(jobText(job, position, this.links));
    if (job.settlement) response.setHeader('PAYMENT-RESPONSE', paymentResponseHeader(job.settlement));
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': body.length,
      'cache-control': 'private, no-store',
    });
    response.end(body);
  }
}
