import type { Attestation, NodeContext, NodeStatus as HubStatus } from '@touchstone/contracts';

/** Milliseconds for which an answer of the attestation hub is believed. */
export const NODE_STATUS_MAX_AGE_MS = 30_000;

/** What is known about the node that this process runs on. */
export interface NodeStatus {
  current(): NodeContext;
}

/** Remembers the last answer of the hub and forgets it when it is too old. */
export class LastNodeStatus implements NodeStatus {
  private last: { readonly context: NodeContext; readonly atMs: number } | undefined;

  constructor(
    private readonly nodeId: string,
    private readonly nowMs: () => number,
  ) {}

  /** Takes over what the hub holds of this node, with what this node said to it; an answer about another is none. */
  remember(
    { nodeId, status }: { readonly nodeId: string; readonly status: HubStatus },
    { build_id: buildId, capability_hash: capabilityHash }: Attestation,
  ): void {
    if (nodeId !== this.nodeId) return;
    this.last = {
      context: { nodeId, attestationStatus: status, buildId, capabilityHash },
      atMs: this.nowMs(),
    };
  }

  current(): NodeContext {
    if (this.last && this.nowMs() - this.last.atMs <= NODE_STATUS_MAX_AGE_MS) return this.last.context;
    return { nodeId: this.nodeId, attestationStatus: 'UNKNOWN', buildId: null, capabilityHash: null };
  }
}
