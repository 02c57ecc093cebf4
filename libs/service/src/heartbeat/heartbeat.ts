import type { Attestation, RpcResponse } from '@touchstone/contracts';
import type { RpcClient } from '@touchstone/nats';

/** Milliseconds between the end of a heartbeat and the next. */
export const HEARTBEAT_INTERVAL_MS = 10_000;

/** What the attestation hub holds about a node. */
export type HubAnswer = RpcResponse<'attestation-hub', 'heartbeat'>;

/** What a {@link Heartbeat} takes. */
export interface HeartbeatOptions {
  readonly rpc: Pick<RpcClient, 'call'>;
  readonly nodeId: string;
  /** What runs here now; what a service can do may change while it runs. */
  readonly attestation: () => Attestation;
  /** GREEN when the service could answer a request now, YELLOW when it could not. */
  readonly health: () => Promise<'GREEN' | 'YELLOW'>;
  readonly nowMs: () => number;
  /** Hears what the hub holds, and what was said to it. */
  readonly onAnswer?: ((answer: HubAnswer, attestation: Attestation) => void) | undefined;
  readonly onError: (error: unknown) => void;
  /** {@link HEARTBEAT_INTERVAL_MS} when left out. */
  readonly intervalMs?: number | undefined;
}

/** Tells the attestation hub what runs here, again and again. A hub that is away or refuses stops nothing. */
export class Heartbeat {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private stopped = false;

  constructor(private readonly options: HeartbeatOptions) {}

  /** Sends the first heartbeat and goes on until `stop`; resolves when the first one is over and never rejects. */
  async start(): Promise<void> {
    await this.beat();
    if (this.stopped) return;
    this.timer = setTimeout(() => void this.start(), this.options.intervalMs ?? HEARTBEAT_INTERVAL_MS);
    this.timer.unref();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private async beat(): Promise<void> {
    const { rpc, nodeId, nowMs, health, onAnswer, onError } = this.options;
    try {
      const attestation = this.options.attestation();
      const answer = await rpc.call('attestation-hub', 'heartbeat', {
        node_id: nodeId,
        health: await health(),
        ts_utc: new Date(nowMs()).toISOString(),
        attestation,
      });
      onAnswer?.(answer, attestation);
    } catch (error) {
      onError(error);
    }
  }
}
