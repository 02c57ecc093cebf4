import { Controller, Get, Headers, Res } from '@nestjs/common';
import { uuidV7 } from '@touchstone/contracts';
import { evidenceQuery, type EvidenceQuery } from '@touchstone/contracts/http/proof-service';
import { EVIDENCE_MEDIA_TYPE, outputBundle } from '@touchstone/evidence';
import { ApiRoute, ZodParam, ZodQuery } from '@touchstone/platform/http';
import type { ServerResponse } from 'node:http';
import { EvidenceReader } from '../../domain/evidence/evidence-reader.js';

/** Seconds that a bundle with a final anchor may be kept without asking again: it stays true, and anchors on other networks may follow. */
export const ANCHORED_MAX_AGE_SECONDS = 300;

/** Evidence bundles. */
@Controller('v1/evidence')
export class EvidenceController {
  constructor(private readonly evidence: EvidenceReader) {}

  @Get(':verificationId')
  @ApiRoute({
    summary: 'Gives the evidence bundle of an output.',
    public: true,
    description:
      'The text is canonical JSON and verifies offline. While it is incomplete the answer is 202 with Retry-After; ' +
      'errors[0] names the stage. With require=anchored the answer is 202 until a final anchor covers it, ' +
      'with networks separated by commas, as in require=eip155:8453,tsa:example, until each of them has one.',
    tags: ['evidence'],
    responses: {
      200: { description: 'The bundle.', mediaType: EVIDENCE_MEDIA_TYPE, schema: outputBundle },
      304: { description: 'The bundle is the one that If-None-Match names.' },
    },
    errors: [
      'evidence-pending',
      'unknown-verification',
      'validation-failed',
      'queue-full',
      'dependency-unavailable',
    ],
  })
  async read(
    @ZodParam('verificationId', uuidV7) verificationId: string,
    @ZodQuery(evidenceQuery) { require }: EvidenceQuery,
    @Headers('if-none-match') ifNoneMatch: string | undefined,
    @Res() response: ServerResponse,
  ): Promise<void> {
    const { text, etag, networks } = await this.evidence.read(verificationId, require ?? 'none');
    // A bundle discloses what its owner disclosed; caches that are shared have no business with it.
    const cacheControl =
      networks.size > 0 ? `private, max-age=${ANCHORED_MAX_AGE_SECONDS}` : 'private, no-cache';
    const headers = { etag, 'cache-control': cacheControl };
    if (names(ifNoneMatch, etag)) {
      response.writeHead(304, headers).end();
      return;
    }
    const body = Buffer.from(text);
    response
      .writeHead(200, { ...headers, 'content-type': EVIDENCE_MEDIA_TYPE, 'content-length': body.length })
      .end(body);
  }
}

/** Whether `If-None-Match` (RFC 9110 section 13.1.2) names the entity tag; the comparison is the weak one. */
function names(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some((tag) => {
    const trimmed = tag.trim();
    return trimmed === '*' || trimmed.replace(/^W\//, '') === etag;
  });
}
