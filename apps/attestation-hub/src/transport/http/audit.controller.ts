import { Controller, Get, Inject, Res, UseGuards } from '@nestjs/common';
import { auditLine, auditQuery, type AuditQuery } from '@touchstone/contracts/http/attestation-hub';
import { ApiRoute, BearerGuard, ZodQuery } from '@touchstone/platform/http';
import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import type { AuditReader } from '../../domain/ports.js';
import { AUDIT_READER } from '../../tokens.js';
import { Operator } from './operator.js';

const NDJSON = 'application/x-ndjson';

/** `GET /v1/audit`, for the operator. */
@Controller('v1/audit')
@UseGuards(BearerGuard(Operator))
export class AuditController {
  constructor(@Inject(AUDIT_READER) private readonly reader: AuditReader) {}

  @Get()
  @ApiRoute({
    summary: 'Shows what was found of nodes, the oldest first.',
    description:
      'One JSON object a line: a first attestation, a drift, a suspected spoof. The number of the last line is the cursor of what follows; ' +
      'an answer of fewer lines than the limit reaches the end, and the same cursor asks for what came since. ' +
      `Each line: ${JSON.stringify(Object.keys(auditLine.shape))}.`,
    tags: ['operator'],
    responses: { 200: { description: 'The lines.', mediaType: NDJSON, schema: z.string() } },
    security: ['operator'],
    errors: ['unauthenticated', 'validation-failed', 'dependency-unavailable'],
  })
  async list(@ZodQuery(auditQuery) query: AuditQuery, @Res() response: ServerResponse): Promise<void> {
    const { limit, cursor: after, node, event } = query;
    const lines = await this.reader.page({ limit, after, node, event });
    const text = lines.map((line) => `${JSON.stringify({ audit: true, ...line })}\n`).join('');
    response.writeHead(200, { 'content-type': NDJSON, 'cache-control': 'no-store' }).end(text);
  }
}
