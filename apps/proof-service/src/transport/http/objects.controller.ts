import { Controller, Get, Headers, Inject, Res } from '@nestjs/common';
import { AppError, objectCid } from '@touchstone/contracts';
import { zkProof } from '@touchstone/contracts/circuit';
import { ApiRoute, ZodParam } from '@touchstone/platform/http';
import type { ServerResponse } from 'node:http';
import type { ObjectStore } from '../../domain/object/ports.js';
import { OBJECT_STORE } from '../../tokens.js';
import { namesTag } from './entity-tag.js';

/** Seconds that an object may be kept: its address is made from its bytes, so that there will never be others. */
export const OBJECT_MAX_AGE_SECONDS = 31_536_000;

/** Proofs by their content identifiers (R-ZK-3). */
@Controller('v1/objects')
export class ObjectsController {
  constructor(@Inject(OBJECT_STORE) private readonly objects: ObjectStore) {}

  @Get(':cid')
  @ApiRoute({
    summary: 'Gives the object of a proof by its content identifier (CID).',
    public: true,
    description:
      'The bytes are the canonical JSON of the member zk of the evidence bundle. `ipfs add --cid-version=1 --raw-leaves` of them gives the CID, ' +
      'and `touchstone zk cid` computes it from a bundle.',
    tags: ['objects'],
    responses: {
      200: { description: 'The object.', schema: zkProof },
      304: { description: 'The object is the one that If-None-Match names.' },
    },
    errors: ['not-found', 'validation-failed', 'dependency-unavailable'],
  })
  async read(
    @ZodParam('cid', objectCid) cid: string,
    @Headers('if-none-match') ifNoneMatch: string | undefined,
    @Res() response: ServerResponse,
  ): Promise<void> {
    const object = await this.objects.find(cid);
    if (object === undefined)
      throw new AppError('not-found', `No proof here has the content identifier ${cid}.`);
    const etag = `"${cid}"`;
    // As a bundle it discloses what its owner disclosed; caches that are shared have no business with it.
    const headers = { etag, 'cache-control': `private, max-age=${OBJECT_MAX_AGE_SECONDS}, immutable` };
    if (namesTag(ifNoneMatch, etag)) {
      response.writeHead(304, headers).end();
      return;
    }
    response
      .writeHead(200, {
        ...headers,
        'content-type': 'application/json',
        'content-length': object.bytes.length,
      })
      .end(object.bytes);
  }
}
