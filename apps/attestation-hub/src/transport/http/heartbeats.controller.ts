import { Controller, Inject, Post, Req } from '@nestjs/common';
import { heartbeat, type Heartbeat } from '@touchstone/contracts';
import { ApiRoute, ZodBody, type HttpRequest } from '@touchstone/platform';
import { ReceiveHeartbeat } from '../../domain/receive-heartbeat.js';
import { heartbeatAnswer, presentHeartbeat, type HeartbeatAnswer } from './answers.js';

/** Largest heartbeat in bytes: every text at its longest, with every character escaped. */
export const HEARTBEAT_BYTES_MAX = 65_536;

/** The reporter of heartbeats that are posted: nobody proved who they are. */
export const HTTP_REPORTER = 'http';

/** Heartbeats over HTTP, on the canonical path and on the one that hosts already use (R-NODE-1). */
@Controller()
export class HeartbeatsController {
  constructor(@Inject(ReceiveHeartbeat) private readonly receive: ReceiveHeartbeat) {}

  @Post(['v1/nodes/heartbeat', 'api/hosts/heartbeat'])
  @ApiRoute({
    summary: 'Takes a heartbeat.',
    description:
      'A heartbeat without attestation makes the node MISSING. The stated time orders nothing: age and order come ' +
      'from the time of receipt.',
    tags: ['nodes'],
    response: heartbeatAnswer,
    errors: [
      'validation-failed',
      'malformed-json',
      'body-too-large',
      'unsupported-media-type',
      'forbidden',
      'queue-full',
      'dependency-unavailable',
    ],
  })
  async post(
    @Req() request: HttpRequest,
    @ZodBody(heartbeat, { bytesMax: HEARTBEAT_BYTES_MAX }) message: Heartbeat,
  ): Promise<HeartbeatAnswer> {
    const remoteAddress = request.socket.remoteAddress ?? null;
    return presentHeartbeat(await this.receive.run(message, { reporter: HTTP_REPORTER, remoteAddress }));
  }
}
