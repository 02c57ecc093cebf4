import { Controller, Get, Headers, HttpCode, Inject, Post, Res } from '@nestjs/common';
import type { JsonValue } from '@touchstone/canonical-json';
import { uuidV7 } from '@touchstone/contracts';
import {
  eventEvidenceQuery,
  eventQuestion,
  evidenceQuery,
  type EventEvidenceQuery,
  type EventQuestion,
  type EvidenceQuery,
} from '@touchstone/contracts/http/proof-service';
import { hexToBytes } from '@touchstone/crypto';
import { EVIDENCE_MEDIA_TYPE, eventBundle, evidenceBundle } from '@touchstone/evidence';
import { ApiRoute, ZodBody, ZodParam, ZodQuery } from '@touchstone/platform/http';
import type { ServerResponse } from 'node:http';
import type { EventQuestion as EventQuestionOf } from '../../domain/evidence/event-evidence.js';
import type { EvidenceReader } from '../../domain/evidence/evidence-reader.js';
import type { VerifiedBundle } from '../../domain/evidence/recent-bundles.js';
import { EVENT_EVIDENCE, OUTPUT_EVIDENCE } from '../../tokens.js';
import { namesTag } from './entity-tag.js';

/** Seconds that a bundle with a final anchor may be kept without asking again: it stays true, and anchors on other networks or a proof of the execution may follow. */
export const ANCHORED_MAX_AGE_SECONDS = 300;

/** Largest question about an event; the event itself has at most 64 KiB in canonical form. */
export const EVENT_QUESTION_BYTES_MAX = 262_144;

const responses = {
  200: { description: 'The bundle.', mediaType: EVIDENCE_MEDIA_TYPE, schema: evidenceBundle },
};
const errors = ['evidence-pending', 'validation-failed', 'queue-full', 'dependency-unavailable'] as const;
const WAITING =
  'The text is canonical JSON and verifies offline. While it is incomplete the answer is 202 with Retry-After; ' +
  'errors[0] names the stage. With require=anchored the answer is 202 until a final anchor covers it, ' +
  'with networks separated by commas, as in require=eip155:8453,tsa:example, until each of them has one.';

/** Evidence bundles. */
@Controller('v1/evidence')
export class EvidenceController {
  constructor(
    @Inject(OUTPUT_EVIDENCE) private readonly outputs: EvidenceReader<string>,
    @Inject(EVENT_EVIDENCE) private readonly events: EvidenceReader<EventQuestionOf>,
  ) {}

  @Get(':id')
  @ApiRoute({
    summary: 'Gives the evidence bundle of an output, or of an event of a signed batch.',
    public: true,
    description: `The id is the verification id of an output; or the evidence id of a batch, with event or leaf. ${WAITING}`,
    tags: ['evidence'],
    responses: {
      ...responses,
      304: { description: 'The bundle is the one that If-None-Match names.' },
    },
    errors: [...errors, 'unknown-verification', 'unknown-batch', 'not-found', 'event-not-held'],
  })
  async read(
    @ZodParam('id', uuidV7) id: string,
    @ZodQuery(evidenceQuery) { require: required, event, leaf }: EvidenceQuery,
    @Headers('if-none-match') ifNoneMatch: string | undefined,
    @Res() response: ServerResponse,
  ): Promise<void> {
    const named = eventOf(event, leaf);
    const bundle = named
      ? await this.events.read({ evidenceId: id, event: named }, required)
      : await this.outputs.read(id, required);
    answer(response, bundle, ifNoneMatch);
  }

  @Post()
  @HttpCode(200)
  @ApiRoute({
    summary: 'Gives the evidence bundle of an event that is sent with the question.',
    public: true,
    description: `For events of which the signer got the leaf alone; nothing of the question is kept. ${WAITING}`,
    tags: ['evidence'],
    responses: { 200: { ...responses[200], schema: eventBundle } },
    errors: [
      ...errors,
      ...(['unknown-batch', 'not-found', 'event-invalid', 'malformed-json', 'body-too-large'] as const),
    ],
  })
  async ask(
    @ZodBody(eventQuestion, { bytesMax: EVENT_QUESTION_BYTES_MAX }) { batchId, event }: EventQuestion,
    @ZodQuery(eventEvidenceQuery) { require: required }: EventEvidenceQuery,
    @Res() response: ServerResponse,
  ): Promise<void> {
    answer(response, await this.events.read({ batchId, given: event as JsonValue }, required));
  }
}

function eventOf(
  eventId: string | undefined,
  leaf: string | undefined,
): { readonly eventId: string } | { readonly leaf: Uint8Array } | undefined {
  if (eventId !== undefined) return { eventId };
  return leaf === undefined ? undefined : { leaf: hexToBytes(leaf, 32) ?? new Uint8Array() };
}

function answer(
  response: ServerResponse,
  { text, etag, networks }: VerifiedBundle,
  ifNoneMatch?: string,
): void {
  // A bundle discloses what its owner disclosed; caches that are shared have no business with it.
  const cacheControl =
    networks.size > 0 ? `private, max-age=${ANCHORED_MAX_AGE_SECONDS}` : 'private, no-cache';
  const headers = { etag, 'cache-control': cacheControl };
  if (namesTag(ifNoneMatch, etag)) {
    response.writeHead(304, headers).end();
    return;
  }
  const body = Buffer.from(text);
  response
    .writeHead(200, { ...headers, 'content-type': EVIDENCE_MEDIA_TYPE, 'content-length': body.length })
    .end(body);
}
