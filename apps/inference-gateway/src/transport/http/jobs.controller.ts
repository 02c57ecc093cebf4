import { Controller, Delete, Get, HttpCode, Inject, Res } from '@nestjs/common';
import { uuidV7 } from '@touchstone/contracts';
import { jobAnswer } from '@touchstone/contracts/http/jobs';
import { ApiRoute, ZodParam } from '@touchstone/platform/http';
import type { ServerResponse } from 'node:http';
import type { Job } from '../../domain/job/job.js';
import { FoundJobs } from '../found-jobs.js';
import { Links } from '../links.js';
import { jobText } from '../present-job.js';
import { sendJob } from './send-job.js';

/** `/v1/jobs/:id`: requests that are answered later (R-INFER-5). */
@Controller('v1/jobs')
export class JobsController {
  constructor(
    @Inject(FoundJobs) private readonly jobs: FoundJobs,
    @Inject(Links) private readonly links: Links,
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
    await this.send(response, await this.jobs.find(id));
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
    await this.send(response, await this.jobs.cancel(id));
  }

  private async send(response: ServerResponse, job: Job): Promise<void> {
    sendJob(response, job, jobText(job, await this.jobs.position(job), this.links));
  }
}
