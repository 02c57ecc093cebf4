import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { heartbeat, nodeId } from '@touchstone/contracts';
import type { HeartbeatAnswer, NodeDetail } from '@touchstone/contracts/http/attestation-hub';
import { validate } from '@touchstone/platform/http';
import { HTTP_REPORTER } from '../../domain/admit-heartbeat.js';
import { ReceiveHeartbeat } from '../../domain/receive-heartbeat.js';
import { HeartbeatSenders } from '../heartbeat-senders.js';
import { NodeViews } from '../node-views.js';
import { presentHeartbeat } from '../present-node.js';
import { heartbeatOf, type HeartbeatMessage } from './messages.js';

/** The hub over gRPC; a heartbeat that comes so is one that was posted, with the same token and the same limits. */
@Controller()
export class HubGrpc {
  constructor(
    @Inject(ReceiveHeartbeat) private readonly receive: ReceiveHeartbeat,
    @Inject(HeartbeatSenders) private readonly senders: HeartbeatSenders,
    @Inject(NodeViews) private readonly views: NodeViews,
  ) {}

  @GrpcMethod('HubService', 'Heartbeat')
  async heartbeat(
    message: HeartbeatMessage,
    metadata: Metadata,
    call: ServerUnaryCall<unknown, unknown>,
  ): Promise<HeartbeatAnswer> {
    const [authorization] = metadata.get('authorization');
    const sender = this.senders.identify(authorization?.toString());
    const report = validate(heartbeat, heartbeatOf(message), 'body');
    this.senders.requireOwn(sender, report.node_id);
    const remoteAddress = addressOf(call.getPeer());
    return presentHeartbeat(await this.receive.run(report, { reporter: HTTP_REPORTER, remoteAddress }));
  }

  @GrpcMethod('HubService', 'GetNode')
  async node({ nodeId: id }: { readonly nodeId: string }): Promise<{ readonly node: NodeDetail }> {
    return { node: await this.views.detail(validate(nodeId, id, 'body')) };
  }
}

/** The address of a peer, which grpc-js tells with its port; `null` where there is none. */
function addressOf(peer: string): string | null {
  const port = peer.lastIndexOf(':');
  return port > 0 ? peer.slice(0, port) : null;
}
