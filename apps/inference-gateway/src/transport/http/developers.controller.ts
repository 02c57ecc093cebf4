import { Controller, Delete, Get, HttpCode, Inject, Post, Req, UseGuards } from '@nestjs/common';
import { AppError, uuidV7 } from '@touchstone/contracts';
import {
  apiKey,
  apiKeyList,
  apiKeyRequest,
  developerAnswer,
  newApiKey,
  revenueAnswer,
  REVENUE_DAYS_MAX,
  REVENUE_LINES_MAX,
  revenueQuery,
  type ApiKey,
  type ApiKeyList,
  type ApiKeyRequest,
  type DeveloperAnswer,
  type NewApiKey,
  type RevenueAnswer,
  type RevenueQuery,
} from '@touchstone/contracts/http/developers';
import { SUBMISSIONS_PAGE_MAX } from '@touchstone/contracts/http/market';
import { ApiRoute, ZodBody, ZodParam, ZodQuery, type HttpRequest } from '@touchstone/platform/http';
import { CLOCK, CONFIG, type Clock } from '@touchstone/platform/wiring';
import type { Config } from '../../config.js';
import type { MarketCalls } from '../../domain/market/market-calls.js';
import { ModelCatalogue } from '../../domain/model/model-catalogue.js';
import { MARKET } from '../../tokens.js';
import { presentKey, presentRevenue, summarizeSubmission } from '../present-market.js';
import { DeveloperGuard, developerOf } from './developer.guard.js';

const DAY_MS = 86_400_000;
/** Days before the last one that are covered when nothing is said. */
const DEFAULT_DAYS = 30;

const security = ['developer'];

/** `/v1/developers`: API keys of developers, and what their models earn (R-INFER-7). */
@Controller(['v1/developers', 'api/developers'])
export class DevelopersController {
  constructor(
    @Inject(MARKET) private readonly market: MarketCalls,
    @Inject(ModelCatalogue) private readonly catalogue: ModelCatalogue,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Post('keys')
  @HttpCode(201)
  @ApiRoute({
    summary: 'Gives an API key to a developer who signs for it.',
    description:
      'The developer, who has submitted a model, signs EIP-712 typed data: domain {name: "Touchstone", version: "1", chainId}, type ApiKeyRequest(address developer, string label, uint256 deadline). Each signed request gives one key; it is told once.',
    tags: ['market'],
    responses: { 201: { description: 'The key.', schema: newApiKey } },
    errors: [
      'malformed-json',
      'validation-failed',
      'signature-invalid',
      'forbidden',
      'conflict',
      'dependency-unavailable',
    ],
  })
  async create(@ZodBody(apiKeyRequest) request: ApiKeyRequest): Promise<NewApiKey> {
    const made = await this.market.keys.create(request);
    return { ...presentKey(made), key: made.key };
  }

  @Get('keys')
  @UseGuards(DeveloperGuard)
  @ApiRoute({
    summary: 'Lists the API keys of the developer, the newest first; the keys themselves are not kept.',
    tags: ['market'],
    response: apiKeyList,
    security,
    errors: ['unauthenticated', 'dependency-unavailable'],
  })
  async list(@Req() request: HttpRequest): Promise<ApiKeyList> {
    const keys = await this.market.keyStore.list(developerOf(request) as string);
    return { keys: keys.map(presentKey) };
  }

  @Delete('keys/:id')
  @HttpCode(200)
  @UseGuards(DeveloperGuard)
  @ApiRoute({
    summary: 'Revokes an API key of the developer at once; again, it changes nothing.',
    tags: ['market'],
    response: apiKey,
    security,
    errors: ['unauthenticated', 'validation-failed', 'not-found', 'dependency-unavailable'],
  })
  async revoke(@Req() request: HttpRequest, @ZodParam('id', uuidV7) id: string): Promise<ApiKey> {
    const developer = developerOf(request) as string;
    const revoked = await this.market.keyStore.revoke(developer, id, this.clock.nowMs());
    if (revoked === undefined) throw new AppError('not-found', `There is no key ${id} of ${developer}.`);
    return presentKey(revoked);
  }

  @Get('me')
  @UseGuards(DeveloperGuard)
  @ApiRoute({
    summary: 'Whose key it is, with the newest submissions and the models of the developer.',
    tags: ['market'],
    response: developerAnswer,
    security,
    errors: ['unauthenticated', 'dependency-unavailable'],
  })
  async me(@Req() request: HttpRequest): Promise<DeveloperAnswer> {
    const developer = developerOf(request) as string;
    const submissions = await this.market.submissions.list({ limit: SUBMISSIONS_PAGE_MAX, developer });
    await this.catalogue.fetchAll();
    const models = this.catalogue.all().flatMap(({ manifest, modelVersionId, identity, market }) => {
      if (market === undefined || identity.developer !== developer) return [];
      const { id: modelId, version } = manifest;
      const { status } = this.catalogue.get(modelId);
      const { revenueShareBps } = market;
      return [{ modelId, modelVersionId, version, status, revenueShareBps }];
    });
    return { developer, submissions: submissions.map(summarizeSubmission), models };
  }

  @Get('me/revenue')
  @UseGuards(DeveloperGuard)
  @ApiRoute({
    summary: 'What the models of the developer earned, by model and day.',
    description:
      'Counts change in the transactions that make answers durable or settle them; a payment that is reversed is taken out of its day. Nothing is paid out yet: everything is pending.',
    tags: ['market'],
    response: revenueAnswer,
    security,
    errors: ['unauthenticated', 'validation-failed', 'dependency-unavailable'],
  })
  async revenue(
    @Req() request: HttpRequest,
    @ZodQuery(revenueQuery) query: RevenueQuery,
  ): Promise<RevenueAnswer> {
    const developer = developerOf(request) as string;
    const to = query.to ?? dayOf(this.clock.nowMs());
    const from = query.from ?? dayOf(Date.parse(to) - DEFAULT_DAYS * DAY_MS);
    const days = 1 + (Date.parse(to) - Date.parse(from)) / DAY_MS;
    if (days < 1 || days > REVENUE_DAYS_MAX)
      throw invalid(`expected 1 to ${REVENUE_DAYS_MAX} days, got ${days}`);
    const sought = { developer, from, to, modelId: query.model, limit: REVENUE_LINES_MAX + 1 };
    const usage = await this.market.usage.ofDeveloper(sought);
    if (usage.length > REVENUE_LINES_MAX)
      throw invalid(`these days have more than ${REVENUE_LINES_MAX} lines; ask for fewer, or for one model`);
    const { TOUCHSTONE_PAYMENT_NETWORK: network, TOUCHSTONE_PAYMENT_ASSET: asset } = this.config;
    const { lines, totals } = presentRevenue(usage);
    const pendingAtomic = totals.developerShareAtomic;
    return { ...{ developer, from, to, network, asset }, lines, totals, pendingAtomic };
  }
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

function invalid(detail: string): AppError {
  return new AppError('validation-failed', `The days do not fit: ${detail}.`, {
    status: 400,
    details: [{ pointer: '/query/from', detail }],
  });
}
