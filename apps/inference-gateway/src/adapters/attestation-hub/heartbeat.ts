import type { Attestation } from '@touchstone/contracts';
import type { RpcClient } from '@touchstone/nats';
import type { LastNodeStatus } from '../../domain/node/node-status.js';

/** Milliseconds between two heartbeats of a service. */
export const HEARTBEAT_INTERVAL_MS = 10_000;

/** What a {@link Heartbeat} takes. */
export interface HeartbeatOptions {
  readonly rpc: RpcClient;
  readonly nodeId: string;
  /** What runs here now; models may be added while the service runs. */
  readonly attestation: () => Attestation;
  readonly status: LastNodeStatus;
  readonly nowMs: () => number;
  /** GREEN when the service could answer a request now. */
  readonly health: () => Promise<'GREEN' | 'YELLOW' | 'RED'>;
  readonly onError: (error: unknown) => void;
  /** Milliseconds between two heartbeats. */
  readonly intervalMs: number;
}

/**
 * Tells the attestation hub what runs here and keeps its answer for the records. A hub that is down never stops
 * inference: the records then say UNKNOWN.
 */
export class Heartbeat {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private stopped = false;

  constructor(private readonly options: HeartbeatOptions) {}

  /** Sends the first heartbeat and goes on until `stop`; resolves when the first one is over. */
  async start(): Promise<void> {
    await this.beat();
    if (this.stopped) return;
    this.timer = setTimeout(() => void this.start(), this.options.intervalMs);
    this.timer.unref();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** One heartbeat; never rejects. */
  async beat(): Promise<void> {
    const { rpc, nodeId, status, nowMs, health, onError } = this.options;
    try {
      const attestation = this.options.attestation();
      const answer = await rpc.call('attestation-hub', 'heartbeat', {
        node_id: nodeId,
        health: await health(),
        ts_utc: new Date(nowMs()).toISOString(),
        attestation,
      });
      status.remember({
        nodeId: answer.nodeId,
        attestationStatus: answer.status,
        buildId: attestation.build_id,
        capabilityHash: attestation.capability_hash,
      });
    } catch (error) {
      onError(error);
    }
  }
}
