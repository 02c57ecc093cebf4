import { Controller, Inject } from '@nestjs/common';
import type { RpcRequest, RpcResponse } from '@touchstone/contracts';
import { RpcHandler, type RpcContext } from '@touchstone/nats';
import { CLOCK, type Clock } from '@touchstone/platform/wiring';
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
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @RpcHandler('attestation-hub', 'heartbeat')
  async heartbeat(
    request: RpcRequest<'attestation-hub', 'heartbeat'>,
    { caller }: RpcContext,
  ): Promise<RpcResponse<'attestation-hub', 'heartbeat'>> {
    const node = await this.receive.run(request, { reporter: caller, remoteAddress: null });
    const lastSeen = new Date(node.lastHeartbeat.atMs).toISOString();
    return { nodeId: node.nodeId, status: node.status, health: node.health, lastSeen };
  }

  /** No zone has a policy that blocks, so nobody is. */
  @RpcHandler('attestation-hub', 'standing')
  async standing(): Promise<RpcResponse<'attestation-hub', 'standing'>> {
    return { at: new Date(this.clock.nowMs()).toISOString(), blocked: [] };
  }
}
