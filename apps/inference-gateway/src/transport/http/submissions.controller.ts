import {
  Controller,
  Get,
  HttpCode,
  Inject,
  Post,
  Req,
  Res,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { AppError, uuidV7 } from '@touchstone/contracts';
import {
  approval,
  statedReason,
  submissionAnswer,
  submissionForm,
  submissionPage,
  submissionsQuery,
  submissionTerms,
  type Approval,
  type StatedReason,
  type SubmissionAnswer,
  type SubmissionPage,
  type SubmissionsQuery,
  type SubmissionTerms,
} from '@touchstone/contracts/http/market';
import {
  ApiRoute,
  BearerGuard,
  ZodBody,
  ZodParam,
  ZodQuery,
  type HttpRequest,
} from '@touchstone/platform/http';
import type { ServerResponse } from 'node:http';
import type { MarketCalls } from '../../domain/market/market-calls.js';
import { submitted } from '../../domain/market/submission.js';
import type { UploadPlace } from '../../domain/model/model-files.js';
import { MARKET, UPLOADS } from '../../tokens.js';
import { presentSubmission, summarizeSubmission } from '../present-market.js';
import { DeveloperOrOperatorGuard, developerOf } from './developer.guard.js';
import { Operator } from './operator.js';
import { receiveSubmission } from './receive-submission.js';
import { SubmissionUploadLimit } from './upload-limit.interceptor.js';

const CREATED = 201;
const reviewErrors = [
  'unauthenticated',
  'validation-failed',
  'malformed-json',
  'not-found',
  'conflict',
  'dependency-unavailable',
] as const;

/** `/v1/submissions`: models that developers submit, and their review (R-INFER-7). */
@Controller(['v1/submissions', 'api/submissions'])
export class SubmissionsController {
  constructor(
    @Inject(MARKET) private readonly market: MarketCalls,
    @Inject(UPLOADS) private readonly uploads: UploadPlace,
  ) {}

  @Get('terms')
  @ApiRoute({
    summary: 'The terms that a developer signs, and what a submission may be.',
    public: true,
    tags: ['market'],
    response: submissionTerms,
    errors: ['not-found'],
  })
  terms(): SubmissionTerms {
    return this.market.take.terms();
  }

  @Post()
  @UseInterceptors(SubmissionUploadLimit)
  @ApiRoute({
    summary: 'Submits a model.',
    description:
      'The developer signs EIP-712 typed data: domain {name: "Touchstone", version: "1", chainId}, type ModelSubmission(bytes32 modelSha256, bytes32 manifestSha256, bytes32 testCasesSha256, bytes32 termsSha256, address developer, uint256 deadline). manifestSha256 is of the canonical JSON (RFC 8785) of the manifest, testCasesSha256 of the bytes of the part. The part `model` comes last: the others are judged before the file is read. Answers 201; 200 when the same signed submission is there already.',
    tags: ['market'],
    responses: {
      200: { description: 'The submission was there already.', schema: submissionAnswer },
      201: { description: 'The submission was taken and is validated next.', schema: submissionAnswer },
    },
    rawBodyMediaType: 'multipart/form-data',
    rawBodySchema: submissionForm,
    errors: [
      'malformed-json',
      'unsupported-media-type',
      'validation-failed',
      'body-too-large',
      'signature-invalid',
      'model-invalid',
      'conflict',
      'not-found',
      'rate-limited',
      'queue-full',
      'timeout',
      'dependency-unavailable',
    ],
  })
  async submit(
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: ServerResponse,
  ): Promise<SubmissionAnswer> {
    const { submission, created } = await receiveSubmission(request, this.uploads, this.market.take);
    response.statusCode = created ? CREATED : 200;
    // What was just taken is told as it was taken: its validation may have begun since.
    return created ? presentSubmission(submission, [submitted(submission)]) : this.shown(submission.id);
  }

  @Get()
  @UseGuards(DeveloperOrOperatorGuard)
  @ApiRoute({
    summary: 'Lists submissions, the newest first: to a developer the own ones, to the operator all.',
    tags: ['market'],
    response: submissionPage,
    security: ['developer', 'operator'],
    errors: ['unauthenticated', 'validation-failed', 'dependency-unavailable'],
  })
  async list(
    @Req() request: HttpRequest,
    @ZodQuery(submissionsQuery) { limit, cursor, state }: SubmissionsQuery,
  ): Promise<SubmissionPage> {
    const developer = developerOf(request);
    const found = await this.market.submissions.list({ limit: limit + 1, after: cursor, state, developer });
    const page = found.slice(0, limit);
    return {
      submissions: page.map(summarizeSubmission),
      nextCursor: found.length > limit ? (page.at(-1)?.id ?? null) : null,
    };
  }

  @Get(':id')
  @UseGuards(DeveloperOrOperatorGuard)
  @ApiRoute({
    summary: 'Shows a submission to its developer or the operator, with what became of it.',
    tags: ['market'],
    response: submissionAnswer,
    security: ['developer', 'operator'],
    errors: ['unauthenticated', 'validation-failed', 'not-found', 'dependency-unavailable'],
  })
  show(@Req() request: HttpRequest, @ZodParam('id', uuidV7) id: string): Promise<SubmissionAnswer> {
    return this.shown(id, developerOf(request));
  }

  @Post(':id/approve')
  @HttpCode(200)
  @UseGuards(BearerGuard(Operator))
  @ApiRoute({
    summary: 'Makes a submission that holds an active model, with its commitment.',
    tags: ['operator'],
    response: submissionAnswer,
    security: ['operator'],
    errors: reviewErrors,
  })
  async approve(
    @ZodParam('id', uuidV7) id: string,
    @ZodBody(approval) { reason }: Approval,
  ): Promise<SubmissionAnswer> {
    await this.market.review.approve(id, reason ?? null);
    return this.shown(id);
  }

  @Post(':id/reject')
  @HttpCode(200)
  @UseGuards(BearerGuard(Operator))
  @ApiRoute({
    summary: 'Rejects a submission that holds, with the reason.',
    tags: ['operator'],
    response: submissionAnswer,
    security: ['operator'],
    errors: reviewErrors,
  })
  async reject(
    @ZodParam('id', uuidV7) id: string,
    @ZodBody(statedReason) { reason }: StatedReason,
  ): Promise<SubmissionAnswer> {
    await this.market.review.reject(id, reason);
    return this.shown(id);
  }

  /** @param developer who asks; the submissions of others are not there */
  private async shown(id: string, developer?: string): Promise<SubmissionAnswer> {
    const submission = await this.market.submissions.find(id);
    if (submission === undefined || (developer !== undefined && submission.developer !== developer))
      throw new AppError('not-found', `There is no submission ${id}.`);
    return presentSubmission(submission, await this.market.submissions.history(id));
  }
}
