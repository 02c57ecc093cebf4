import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiRoute } from '@touchstone/platform/http';
import { METRICS, type Registry } from '@touchstone/platform/observability';
import type { ServerResponse } from 'node:http';
import { z } from 'zod';

/** The figures on the port of the heartbeats too, where operators of nodes look for them (R-NODE-6). */
@Controller('metrics')
export class MetricsController {
  constructor(@Inject(METRICS) private readonly registry: Registry) {}

  @Get()
  @ApiRoute({
    summary: 'Shows the figures of the hub for Prometheus, as the health port does.',
    tags: ['metrics'],
    responses: {
      200: { description: 'The text format of Prometheus.', mediaType: 'text/plain', schema: z.string() },
    },
  })
  async show(@Res() response: ServerResponse): Promise<void> {
    const headers = { 'content-type': this.registry.contentType, 'cache-control': 'no-store' };
    response.writeHead(200, headers).end(await this.registry.metrics());
  }
}
