import { Controller, Delete, HttpCode, Inject, Post, Req, UseGuards } from '@nestjs/common';
import { nodeId } from '@touchstone/contracts';
import {
  joinTokenAnswer,
  joinTokenRequest,
  revokedKey,
  type JoinTokenAnswer,
  type JoinTokenRequest,
  type RevokedKey,
} from '@touchstone/contracts/http/attestation-hub';
import { ApiRoute, BearerGuard, ZodBody, ZodParam, type HttpRequest } from '@touchstone/platform/http';
import { ManageKeys } from '../../domain/manage-keys.js';
import { Operator } from './operator.js';

const operator = { tags: ['operator'], security: ['operator'] } as const;
const errors = ['unauthenticated', 'validation-failed', 'dependency-unavailable'] as const;

/** Which nodes may have a key, for the operator. */
@Controller('v1')
@UseGuards(BearerGuard(Operator))
export class OperatorKeysController {
  constructor(@Inject(ManageKeys) private readonly keys: ManageKeys) {}

  @Post('join-tokens')
  @HttpCode(200)
  @ApiRoute({
    ...operator,
    summary: 'Makes a token with which one node registers a key, once.',
    response: joinTokenAnswer,
    errors: [...errors, 'conflict'],
  })
  makeToken(
    @Req() request: HttpRequest,
    @ZodBody(joinTokenRequest) { nodeId: id, seconds }: JoinTokenRequest,
  ): Promise<JoinTokenAnswer> {
    return this.keys.makeToken(id, seconds, request.socket.remoteAddress ?? null);
  }

  @Delete('nodes/:id/keys')
  @ApiRoute({
    ...operator,
    summary:
      'Revokes the key of a node. Its heartbeats count for nothing until another one is registered, or the node is removed.',
    response: revokedKey,
    errors: [...errors, 'not-found'],
  })
  async revoke(@Req() request: HttpRequest, @ZodParam('id', nodeId) id: string): Promise<RevokedKey> {
    return { nodeId: id, keyId: await this.keys.revoke(id, request.socket.remoteAddress ?? null) };
  }
}
