import { Controller, Get, Inject } from '@nestjs/common';
import { AppError, nodeId } from '@touchstone/contracts';
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
import { Zones } from '../../domain/zones.js';
import type { NodeReader } from '../../domain/ports.js';
import { presentBaseline, presentEntry, presentNode, type Sight } from './present-node.js';
import { NODE_READER } from '../../tokens.js';

/** `GET /v1/nodes` and `GET /v1/nodes/:id`. */
@Controller('v1/nodes')
export class NodesController {
  constructor(
    @Inject(NODE_READER) private readonly reader: NodeReader,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(Zones) private readonly zones: Zones,
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
      nodes: nodes.map((node) => presentNode(node, governance(node.nodeId), this.sight())),
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
    const node = await this.reader.find(id);
    if (node === undefined) throw new AppError('not-found', `No heartbeat of a node ${id} ever came.`);
    const history = await this.reader.history(id);
    const governance = (await this.reader.governance([id]))(id);
    const { nowMs } = this.sight();
    return {
      ...presentNode(node, governance, this.sight()),
      baseline: presentBaseline(governance.baseline),
      rollouts: governance.rollouts.filter(({ endsAtMs }) => nowMs < endsAtMs).map(({ name }) => name),
      history: history.map(presentEntry),
    };
  }

  private sight(): Sight {
    const { TOUCHSTONE_STALE_AFTER_MS: staleAfterMs } = this.config;
    return { nowMs: this.clock.nowMs(), staleAfterMs, zones: this.zones };
  }
}
