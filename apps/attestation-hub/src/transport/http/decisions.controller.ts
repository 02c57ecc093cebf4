import { Controller, Delete, HttpCode, Inject, Post, Put, Req, UseGuards } from '@nestjs/common';
import { nodeId } from '@touchstone/contracts';
import {
  baselineAnswer,
  baselineRequest,
  quarantineAnswer,
  quarantineRequest,
  type BaselineAnswer,
  type BaselineRequest,
  type QuarantineAnswer,
  type QuarantineRequest,
} from '@touchstone/contracts/http/attestation-hub';
import { ApiRoute, BearerGuard, ZodBody, ZodParam, type HttpRequest } from '@touchstone/platform/http';
import type { NodeQuarantine } from '../../domain/decision-ports.js';
import { MakeDecisions } from '../../domain/make-decisions.js';
import { Operator } from './operator.js';
import { presentBaseline, presentQuarantine } from '../present-node.js';

const errors = ['unauthenticated', 'validation-failed', 'dependency-unavailable'] as const;

/** What the operator decides about one node. */
@Controller('v1/nodes/:id')
@UseGuards(BearerGuard(Operator))
export class DecisionsController {
  constructor(@Inject(MakeDecisions) private readonly decisions: MakeDecisions) {}

  @Post('baselines')
  @HttpCode(200)
  @ApiRoute({
    summary:
      'Calls a build right for a node, or the one that it says now; DRIFT is measured against it from the next heartbeat on.',
    tags: ['operator'],
    response: baselineAnswer,
    security: ['operator'],
    errors: [...errors, 'not-found', 'conflict'],
  })
  async approve(
    @Req() request: HttpRequest,
    @ZodParam('id', nodeId) id: string,
    @ZodBody(baselineRequest) body: BaselineRequest,
  ): Promise<BaselineAnswer> {
    const build = 'current' in body ? 'current' : body;
    const baseline = await this.decisions.approve(id, build, addressOf(request));
    return { nodeId: id, ...presentBaseline(baseline) };
  }

  @Put('quarantine')
  @ApiRoute({
    summary:
      'Puts a node into quarantine, whether it was heard or not. Where the policy of its zone is enforced it is blocked.',
    tags: ['operator'],
    response: quarantineAnswer,
    security: ['operator'],
    errors: [...errors],
  })
  async quarantine(
    @Req() request: HttpRequest,
    @ZodParam('id', nodeId) id: string,
    @ZodBody(quarantineRequest) { reason }: QuarantineRequest,
  ): Promise<QuarantineAnswer> {
    return answer(id, await this.decisions.quarantine(id, reason, addressOf(request)));
  }

  @Delete('quarantine')
  @ApiRoute({
    summary: 'Takes a node out of quarantine.',
    tags: ['operator'],
    response: quarantineAnswer,
    security: ['operator'],
    errors: [...errors],
  })
  async release(@Req() request: HttpRequest, @ZodParam('id', nodeId) id: string): Promise<QuarantineAnswer> {
    return answer(id, await this.decisions.release(id, addressOf(request)));
  }
}

function addressOf(request: HttpRequest): string | null {
  return request.socket.remoteAddress ?? null;
}

function answer(id: string, { quarantine, blocked }: NodeQuarantine): QuarantineAnswer {
  return { nodeId: id, quarantine: presentQuarantine(quarantine), blocked };
}
