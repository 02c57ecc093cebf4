import { Controller, Delete, HttpCode, Inject, UseGuards } from '@nestjs/common';
import { AppError, nodeId } from '@touchstone/contracts';
import { removedNode, type RemovedNode } from '@touchstone/contracts/http/attestation-hub';
import { ApiRoute, BearerGuard, ZodParam } from '@touchstone/platform/http';
import type { NodeRemover } from '../../domain/ports.js';
import { NODE_REMOVER } from '../../tokens.js';
import { Operator } from './operator.js';

/** `DELETE /v1/nodes/:id`, for the operator. */
@Controller('v1/nodes')
@UseGuards(BearerGuard(Operator))
export class OperatorNodesController {
  constructor(@Inject(NODE_REMOVER) private readonly remover: NodeRemover) {}

  @Delete(':id')
  @HttpCode(200)
  @ApiRoute({
    summary: 'Forgets a node: its next heartbeat is its first. The audit stays.',
    tags: ['operator'],
    response: removedNode,
    security: ['operator'],
    errors: ['unauthenticated', 'not-found', 'validation-failed', 'dependency-unavailable'],
  })
  async remove(@ZodParam('id', nodeId) id: string): Promise<RemovedNode> {
    if (await this.remover.remove(id)) return { nodeId: id };
    throw new AppError('not-found', `There is no node ${id}.`);
  }
}
