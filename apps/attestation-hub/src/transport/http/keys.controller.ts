import { Controller, Get, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { nodeId } from '@touchstone/contracts';
import {
  joinRequest,
  keyAnswer,
  nonceAnswer,
  rotationRequest,
  type JoinRequest,
  type KeyAnswer,
  type NonceAnswer,
  type RotationRequest,
} from '@touchstone/contracts/http/attestation-hub';
import { ApiRoute, ZodBody, ZodParam, type HttpRequest } from '@touchstone/platform/http';
import { ManageKeys } from '../../domain/manage-keys.js';

const shared = { tags: ['nodes'] } as const;
const errors = ['validation-failed', 'malformed-json', 'body-too-large', 'dependency-unavailable'] as const;

/** Keys of nodes. What a node asks here shows by its token or its signature who asks. */
@Controller('v1/nodes')
export class KeysController {
  constructor(@Inject(ManageKeys) private readonly keys: ManageKeys) {}

  @Post('join')
  @HttpCode(200)
  @ApiRoute({
    ...shared,
    summary:
      'Registers the key of a node with a join token; from then on its heartbeats count when they are signed.',
    response: keyAnswer,
    errors: [...errors, 'unauthenticated', 'conflict'],
  })
  join(@Req() request: HttpRequest, @ZodBody(joinRequest) body: JoinRequest): Promise<KeyAnswer> {
    return this.keys.join(body, request.socket.remoteAddress ?? null);
  }

  @Post(':id/keys')
  @HttpCode(200)
  @ApiRoute({
    ...shared,
    summary: 'Replaces the key of a node by another one; both sign that.',
    response: keyAnswer,
    errors: [...errors, 'unauthenticated', 'forbidden', 'conflict'],
  })
  rotate(
    @Req() request: HttpRequest,
    @ZodParam('id', nodeId) id: string,
    @ZodBody(rotationRequest) body: RotationRequest,
  ): Promise<KeyAnswer> {
    return this.keys.rotate(id, body, request.socket.remoteAddress ?? null);
  }

  @Get(':id/nonce')
  @ApiRoute({
    ...shared,
    summary: 'Tells what the next heartbeat of a node has to sign, as the answer to its last one did.',
    response: nonceAnswer,
    errors: ['not-found', 'validation-failed', 'dependency-unavailable'],
  })
  async nonce(@ZodParam('id', nodeId) id: string): Promise<NonceAnswer> {
    return { nodeId: id, nonce: await this.keys.nonce(id) };
  }
}
