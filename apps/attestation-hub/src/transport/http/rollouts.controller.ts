import { Controller, Get, HttpCode, Inject, Post, Put, Req, UseGuards } from '@nestjs/common';
import {
  rolloutAnswer,
  rolloutEnd,
  rolloutName,
  rolloutPage,
  rolloutRequest,
  rolloutsQuery,
  type RolloutAnswer,
  type RolloutEnd,
  type RolloutPage,
  type RolloutRequest,
  type RolloutsQuery,
} from '@touchstone/contracts/http/attestation-hub';
import {
  ApiRoute,
  BearerGuard,
  ZodBody,
  ZodParam,
  ZodQuery,
  type HttpRequest,
} from '@touchstone/platform/http';
import type { KeptRollout, RolloutStore } from '../../domain/decision-ports.js';
import { MakeDecisions } from '../../domain/make-decisions.js';
import { ROLLOUT_STORE } from '../../tokens.js';
import { Operator } from './operator.js';

const operator = { tags: ['operator'], security: ['operator'] } as const;
const errors = ['unauthenticated', 'validation-failed', 'dependency-unavailable'] as const;

/** Windows in which one build takes the place of another, for the operator. */
@Controller('v1/rollouts')
@UseGuards(BearerGuard(Operator))
export class RolloutsController {
  constructor(
    @Inject(MakeDecisions) private readonly decisions: MakeDecisions,
    @Inject(ROLLOUT_STORE) private readonly store: RolloutStore,
  ) {}

  @Get()
  @ApiRoute({
    ...operator,
    summary: 'Lists the rollouts in order of their names.',
    response: rolloutPage,
    errors: [...errors],
  })
  async list(@ZodQuery(rolloutsQuery) { limit, cursor: after, state }: RolloutsQuery): Promise<RolloutPage> {
    const found = await this.store.list({ limit: limit + 1, after, state });
    const rollouts = found.slice(0, limit);
    const last = rollouts.at(-1);
    return {
      rollouts: rollouts.map(present),
      nextCursor: found.length > limit && last !== undefined ? last.name : null,
    };
  }

  @Put(':name')
  @ApiRoute({
    ...operator,
    summary:
      'Begins a rollout: for its nodes the new build is right beside the old one, in any order, until it is ended.',
    description: 'The same once more changes nothing. A rollout whose time is over is completed.',
    response: rolloutAnswer,
    errors: [...errors, 'conflict'],
  })
  async start(
    @Req() request: HttpRequest,
    @ZodParam('name', rolloutName) name: string,
    @ZodBody(rolloutRequest) { prefix, nodes, buildId, capabilityHash, seconds }: RolloutRequest,
  ): Promise<RolloutAnswer> {
    const planned = {
      ...{ name, selection: prefix === undefined ? { nodes } : { prefix } },
      ...{ build: { buildId, capabilityHash }, durationMs: seconds * 1_000 },
    };
    return present(await this.decisions.startRollout(planned, request.socket.remoteAddress ?? null));
  }

  @Post(':name/end')
  @HttpCode(200)
  @ApiRoute({
    ...operator,
    summary: 'Ends a rollout: completed, only the new build is right; cancelled, what was right before.',
    response: rolloutAnswer,
    errors: [...errors, 'not-found', 'conflict'],
  })
  async end(
    @Req() request: HttpRequest,
    @ZodParam('name', rolloutName) name: string,
    @ZodBody(rolloutEnd) { outcome }: RolloutEnd,
  ): Promise<RolloutAnswer> {
    return present(await this.decisions.endRollout(name, outcome, request.socket.remoteAddress ?? null));
  }
}

function present({
  name,
  selection,
  build,
  startedAtMs,
  endsAtMs,
  state,
  closedAtMs,
}: KeptRollout): RolloutAnswer {
  const { prefix, nodes } = selection;
  return {
    ...{ name, ...build, state },
    ...(prefix === undefined ? { nodes: [...(nodes ?? [])] } : { prefix }),
    startedAt: new Date(startedAtMs).toISOString(),
    endsAt: new Date(endsAtMs).toISOString(),
    closedAt: closedAtMs === null ? null : new Date(closedAtMs).toISOString(),
  };
}
