import { Controller, Get, Inject, Res } from '@nestjs/common';
import { seedHealth, type SeedHealth } from '@touchstone/contracts/http/seed-records';
import { ApiRoute } from '@touchstone/platform/http';
import { HEALTH, type HealthRegistry } from '@touchstone/platform/observability';
import { BUILD_INFO, CLOCK, type BuildInfo, type Clock } from '@touchstone/platform/wiring';
import type { ServerResponse } from 'node:http';

const UNAVAILABLE = 503;

/** Milliseconds for which an answer is given again: nobody outside makes the service look at its parts more often. */
export const HEALTH_KEPT_MS = 1_000;

/** `GET /health`, for callers; operators look at `/readyz` of the health port. */
@Controller()
export class SeedHealthController {
  private newest: { readonly atMs: number; readonly ready: Promise<boolean> } | undefined;

  constructor(
    @Inject(HEALTH) private readonly health: HealthRegistry,
    @Inject(BUILD_INFO) private readonly build: BuildInfo,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get(['health', 'api/health'])
  @ApiRoute({
    summary: 'Says whether requests are taken; the seed API.',
    public: true,
    tags: ['seed'],
    response: seedHealth,
    responses: { 503: { description: 'Requests are not taken now.', schema: seedHealth } },
  })
  async show(@Res({ passthrough: true }) response: ServerResponse): Promise<SeedHealth> {
    const isReady = await this.isReady();
    if (!isReady) response.statusCode = UNAVAILABLE;
    response.setHeader('cache-control', 'no-store');
    return {
      status: isReady ? 'healthy' : 'unavailable',
      timestamp: new Date(this.clock.nowMs()).toISOString(),
      version: this.build.version,
    };
  }

  private isReady(): Promise<boolean> {
    const atMs = performance.now();
    if (this.newest === undefined || atMs - this.newest.atMs >= HEALTH_KEPT_MS)
      this.newest = { atMs, ready: this.health.readiness().then(({ ready }) => ready) };
    return this.newest.ready;
  }
}
