import type { NatsConnection } from '@nats-io/transport-node';
import {
  rpcListenSubject,
  rpcSchemas,
  type Heartbeat,
  type JudgedStatus,
  type RpcResponse,
} from '@touchstone/contracts';

/** A heartbeat with the user of the mesh that sent it. */
export interface HeardHeartbeat {
  readonly user: string;
  readonly message: Heartbeat;
}

/**
 * The attestation hub without its process and its judgement: it hears every heartbeat, says of each
 * node what it is told, and which nodes are blocked.
 */
export class AttestationHubDouble {
  readonly heard: HeardHeartbeat[] = [];
  /** What it says of whoever reports. */
  status: JudgedStatus = 'OK';
  /** The nodes that it has blocked. */
  readonly blocked = new Set<string>();
  /** How often it was asked which these are. */
  asked = 0;
  /** Milliseconds that it takes to say which these are. */
  delayMs = 0;
  /** Whether it answers nobody. */
  isSilent = false;

  /** Answers on a connection of the user `attestation-hub`. */
  serve(nc: NatsConnection): this {
    nc.subscribe(rpcListenSubject('attestation-hub', 'heartbeat'), {
      callback: (error, request) => {
        if (error) return;
        const message = rpcSchemas['attestation-hub'].heartbeat.request.parse(request.json());
        this.heard.push({ user: request.subject.split('.').slice(4).join('.'), message });
        if (!this.isSilent) request.respond(JSON.stringify(this.answer(message)));
      },
    });
    nc.subscribe(rpcListenSubject('attestation-hub', 'standing'), {
      callback: (error, request) => {
        if (error) return;
        this.asked += 1;
        if (this.isSilent) return;
        setTimeout(() => request.respond(JSON.stringify(this.standing())), this.delayMs);
      },
    });
    return this;
  }

  /** What was heard of a node. */
  of(nodeId: string): Heartbeat[] {
    return this.heard.filter(({ message }) => message.node_id === nodeId).map(({ message }) => message);
  }

  private standing(): RpcResponse<'attestation-hub', 'standing'> {
    const blocked = [...this.blocked].map((nodeId) => ({ nodeId, reason: 'quarantined' as const }));
    return { at: new Date().toISOString(), blocked };
  }

  private answer({ node_id, health, ts_utc }: Heartbeat): RpcResponse<'attestation-hub', 'heartbeat'> {
    return { nodeId: node_id, status: this.status, health, lastSeen: ts_utc, nonce: null };
  }
}
