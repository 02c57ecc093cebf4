import { Controller, Inject } from '@nestjs/common';
import {
  AppError,
  callerText,
  mayReportNode,
  type RpcRequest,
  type RpcResponse,
} from '@touchstone/contracts';
import { RpcHandler, type RpcContext } from '@touchstone/nats';
import { CLOCK, type Clock } from '@touchstone/platform/wiring';
import type { StandingReader } from '../../domain/decision-ports.js';
import { STANDING_READER } from '../../tokens.js';
import { ReceiveHeartbeat } from '../../domain/receive-heartbeat.js';

/**
 * Heartbeats over the bus. The bus vouches for who sent one, so that a gateway reports for its own node and another service for
 * the nodes of its own name: no captured service speaks for another. The caller is stored as the reporter. How much a node
 * may report is limited as it is for heartbeats that are posted.
 */
@Controller()
export class AttestationRpc {
  constructor(
    @Inject(ReceiveHeartbeat) private readonly receive: ReceiveHeartbeat,
    @Inject(STANDING_READER) private readonly standings: StandingReader,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @RpcHandler('attestation-hub', 'heartbeat')
  async heartbeat(
    request: RpcRequest<'attestation-hub', 'heartbeat'>,
    context: RpcContext,
  ): Promise<RpcResponse<'attestation-hub', 'heartbeat'>> {
    if (!mayReportNode(context, request.node_id))
      throw new AppError(
        'forbidden',
        `${callerText(context)} may not report for the node ${request.node_id}.`,
      );
    const node = await this.receive.run(request, { reporter: context.caller, remoteAddress: null });
    const lastSeen = new Date(node.lastHeartbeat.atMs).toISOString();
    return {
      nodeId: node.nodeId,
      status: node.status,
      health: node.health,
      lastSeen,
      nonce: node.signedKeyId && node.nonce && node.nonce.text,
    };
  }

  /** Which nodes are blocked, from the database, so that it does not matter which events came. */
  @RpcHandler('attestation-hub', 'standing')
  async standing(): Promise<RpcResponse<'attestation-hub', 'standing'>> {
    const nowMs = this.clock.nowMs();
    const blocked = await this.standings.blocked(nowMs);
    return { at: new Date(nowMs).toISOString(), blocked: [...blocked] };
  }
}
