import { Controller, Inject, Post, Req, UseGuards } from '@nestjs/common';
import { heartbeat, type Heartbeat } from '@touchstone/contracts';
import { heartbeatAnswer, type HeartbeatAnswer } from '@touchstone/contracts/http/attestation-hub';
import { ApiRoute, BearerGuard, callerOf, ZodBody, type HttpRequest } from '@touchstone/platform/http';
import { HTTP_REPORTER } from '../../domain/admit-heartbeat.js';
import { ReceiveHeartbeat } from '../../domain/receive-heartbeat.js';
import { HeartbeatSenders } from '../heartbeat-senders.js';
import { presentHeartbeat } from '../present-node.js';

/** Largest heartbeat in bytes: every text at its longest, with every character escaped. */
export const HEARTBEAT_BYTES_MAX = 65_536;

/** Heartbeats over HTTP, on the canonical path and on the one that hosts already use (R-NODE-1). */
@Controller()
export class HeartbeatsController {
  constructor(
    @Inject(ReceiveHeartbeat) private readonly receive: ReceiveHeartbeat,
    @Inject(HeartbeatSenders) private readonly senders: HeartbeatSenders,
  ) {}

  @Post(['v1/nodes/heartbeat', 'api/hosts/heartbeat'])
  @UseGuards(BearerGuard(HeartbeatSenders))
  @ApiRoute({
    summary: 'Takes a heartbeat.',
    description:
      'A heartbeat without attestation makes the node MISSING. The stated time orders nothing: age and order come ' +
      'from the time of receipt. The bearer token is that of the node; what a service of the mesh says of its node is not ' +
      'changed by posting. Of one node a number of heartbeats and of changes of its status is taken at once, and then one after ' +
      'the other; further ones are answered 429.',
    security: ['node'],
    tags: ['nodes'],
    response: heartbeatAnswer,
    errors: [
      'validation-failed',
      'malformed-json',
      'body-too-large',
      'unsupported-media-type',
      'unauthenticated',
      'forbidden',
      'rate-limited',
      'queue-full',
      'dependency-unavailable',
    ],
  })
  async post(
    @Req() request: HttpRequest,
    @ZodBody(heartbeat, { bytesMax: HEARTBEAT_BYTES_MAX }) message: Heartbeat,
  ): Promise<HeartbeatAnswer> {
    this.senders.requireOwn(callerOf(request), message.node_id);
    const remoteAddress = request.socket.remoteAddress ?? null;
    return presentHeartbeat(await this.receive.run(message, { reporter: HTTP_REPORTER, remoteAddress }));
  }
}
