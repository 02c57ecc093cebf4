import { Controller, Inject } from '@nestjs/common';
import type { RpcRequest, RpcResponse } from '@touchstone/contracts';
import { RpcHandler, type RpcContext } from '@touchstone/nats';
import { CLOCK, type Clock } from '@touchstone/platform/wiring';
import type { StandingReader } from '../../domain/decision-ports.js';
import { STANDING_READER } from '../../tokens.js';
import { ReceiveHeartbeat } from '../../domain/receive-heartbeat.js';

/**
 * Heartbeats over the bus. A service may report for any node, because one that runs on several hosts or speaks for
 * others is no mistake; the caller that the bus vouches for is stored as the reporter, and a node whose reporter
 * changes shows it. How much a node may report is limited as it is for heartbeats that are posted.
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
    { caller }: RpcContext,
  ): Promise<RpcResponse<'attestation-hub', 'heartbeat'>> {
    const node = await this.receive.run(request, { reporter: caller, remoteAddress: null });
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
