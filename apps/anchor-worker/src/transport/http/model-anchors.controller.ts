import { Controller, Get, Inject, Res } from '@nestjs/common';
import { AppError } from '@touchstone/contracts';
import {
  modelAnchors,
  rootsQuery,
  type ModelAnchors,
  type RootsQuery,
} from '@touchstone/contracts/http/anchor-worker';
import { ApiRoute, ZodParam, ZodQuery } from '@touchstone/platform/http';
import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import type { AnchorReader, ListedAnchor } from '../../domain/anchor/anchor-reader.js';
import { ANCHOR_READER } from '../../tokens.js';

const modelId = z.string().regex(/^(?:[0-9a-f]{64}|[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?)$/, {
  message: 'Expected a modelVersionId or the slug of a model.',
});
/** The roots of a model (R-ANCHOR-4). */
@Controller('models')
export class ModelAnchorsController {
  constructor(@Inject(ANCHOR_READER) private readonly reader: AnchorReader) {}

  @Get(':id/anchors')
  @ApiRoute({
    summary: 'Lists the Merkle roots of a model with their anchors, the newest first.',
    description:
      'A root has one item for each network that anchors it, and one without network while none does. txid is there where the network ' +
      'has transactions. The limit counts roots; a further page is named by the header Link with rel="next".',
    tags: ['anchors'],
    response: modelAnchors,
    errors: ['unknown-model', 'validation-failed'],
  })
  async list(
    @ZodParam('id', modelId) id: string,
    @ZodQuery(rootsQuery) { limit, cursor }: RootsQuery,
    @Res({ passthrough: true }) response: ServerResponse,
  ): Promise<ModelAnchors> {
    const roots = await this.reader.roots(id, { limit, before: cursor });
    if (roots === undefined) throw new AppError('unknown-model', `No record names the model ${id}.`);
    const last = roots[roots.length - 1];
    const listed = new Set(roots.map(({ logIndex }) => logIndex)).size;
    if (last !== undefined && listed === limit)
      response.setHeader(
        'link',
        `</models/${id}/anchors?limit=${limit}&cursor=${last.logIndex}>; rel="next"`,
      );
    return { items: roots.map(present) };
  }
}

function present({ root, anchoredAt, ...others }: ListedAnchor): ModelAnchors['items'][number] {
  const { versionId, kind, network, txid } = others;
  return {
    root,
    anchoredAt,
    ...(versionId === null ? {} : { versionId }),
    ...(txid === null ? {} : { txid }),
    ...(kind === null ? {} : { kind }),
    ...(network === null ? {} : { network }),
  };
}
