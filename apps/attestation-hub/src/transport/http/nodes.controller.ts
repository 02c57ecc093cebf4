import { Controller, Get, Inject } from '@nestjs/common';
import { nodeId } from '@touchstone/contracts';
import {
  nodeDetail,
  nodePage,
  nodesQuery,
  type NodeDetail,
  type NodePage,
  type NodesQuery,
} from '@touchstone/contracts/http/attestation-hub';
import { ApiRoute, ZodParam, ZodQuery } from '@touchstone/platform/http';
import { CLOCK, CONFIG, type Clock } from '@touchstone/platform/wiring';
import type { Config } from '../../config.js';
import type { NodeReader } from '../../domain/ports.js';
import { NodeViews } from '../node-views.js';
import { presentNode } from '../present-node.js';
import { NODE_READER } from '../../tokens.js';

/** `GET /v1/nodes` and `GET /v1/nodes/:id`. */
@Controller('v1/nodes')
export class NodesController {
  constructor(
    @Inject(NODE_READER) private readonly reader: NodeReader,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(NodeViews) private readonly views: NodeViews,
  ) {}

  @Get()
  @ApiRoute({
    summary: 'Lists the nodes in order of their ids.',
    tags: ['nodes'],
    response: nodePage,
    errors: ['validation-failed'],
  })
  async list(@ZodQuery(nodesQuery) query: NodesQuery): Promise<NodePage> {
    const { limit, cursor: after, status } = query;
    // One more than asked for tells whether there is a next page.
    const found = await this.reader.list({
      ...{ limit: limit + 1, after, status },
      silentBeforeMs: this.clock.nowMs() - this.config.TOUCHSTONE_STALE_AFTER_MS,
    });
    const nodes = found.slice(0, limit);
    const last = nodes[nodes.length - 1];
    const governance = await this.reader.governance(nodes.map(({ nodeId: id }) => id));
    return {
      nodes: nodes.map((node) => presentNode(node, governance(node.nodeId), this.views.sight())),
      nextCursor: found.length > limit && last !== undefined ? last.nodeId : null,
    };
  }

  @Get(':id')
  @ApiRoute({
    summary: 'Shows a node with its history.',
    tags: ['nodes'],
    response: nodeDetail,
    errors: ['not-found', 'validation-failed'],
  })
  async show(@ZodParam('id', nodeId) id: string): Promise<NodeDetail> {
    return this.views.detail(id);
  }
}
