import { Controller, Delete, Get, HttpCode, Inject, Res, UseFilters } from '@nestjs/common';
import { uuidV7 } from '@touchstone/contracts';
import { seedError } from '@touchstone/contracts/http/seed';
import { seedJob } from '@touchstone/contracts/http/seed-records';
import { ApiRoute, ZodParam } from '@touchstone/platform/http';
import type { ServerResponse } from 'node:http';
import type { Job } from '../../../domain/job/job.js';
import { FoundJobs } from '../../found-jobs.js';
import { sendJob } from '../send-job.js';
import { Links } from '../../links.js';
import { SeedErrors } from './seed-errors.js';
import { seedJobText } from './seed-job.js';

/** `/api/jobs/:id` (R-INFER-5). */
@Controller('api/jobs')
@UseFilters(SeedErrors)
export class SeedJobsController {
  constructor(
    @Inject(FoundJobs) private readonly jobs: FoundJobs,
    @Inject(Links) private readonly links: Links,
  ) {}

  @Get(':id')
  @ApiRoute({
    summary: 'Shows a job, and its result once it ended; the seed API.',
    public: true,
    tags: ['seed'],
    response: seedJob,
    errors: ['not-found', 'dependency-unavailable'],
    errorSchema: seedError,
  })
  async show(@ZodParam('id', uuidV7) id: string, @Res() response: ServerResponse): Promise<void> {
    await this.send(response, await this.jobs.find(id));
  }

  @Delete(':id')
  @HttpCode(200)
  @ApiRoute({
    summary: 'Cancels a job that was not begun; nothing is charged; the seed API.',
    public: true,
    tags: ['seed'],
    response: seedJob,
    errors: ['not-found', 'conflict', 'dependency-unavailable'],
    errorSchema: seedError,
  })
  async cancel(@ZodParam('id', uuidV7) id: string, @Res() response: ServerResponse): Promise<void> {
    await this.send(response, await this.jobs.cancel(id));
  }

  private async send(response: ServerResponse, job: Job): Promise<void> {
    sendJob(response, job, seedJobText(job, await this.jobs.position(job), this.links));
  }
}
