import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Consumers, RpcClient, type EventMessage } from '@touchstone/nats';
import { Gauge, METRICS, type Registry } from '@touchstone/platform/observability';
import { SERVICE_CONTEXT, type ServiceContext } from '@touchstone/platform/wiring';
import { Loop } from '@touchstone/work';
import type { Config } from './config.js';
import { NodeStanding, type BlockedNodes } from './domain/node-standing.js';

/** Milliseconds between an answer of the hub and the next question. */
export const NODE_STANDING_INTERVAL_MS = 3_000;
/** Milliseconds that a question may take; so long at most does a hub that does not answer hold up the start. */
export const NODE_STANDING_TIMEOUT_MS = 2_000;

/** The consumer of what the hub tells of nodes. The replicas of a signer share it, so that a change comes to one of them. */
export const NODES_DURABLE = 'signer-nodes';

/** Asks the hub which nodes are blocked. */
export async function askHub(rpc: Pick<RpcClient, 'call'>): Promise<BlockedNodes> {
  return rpc.call('attestation-hub', 'standing', {}, { timeoutMs: NODE_STANDING_TIMEOUT_MS });
}

/** Keeps what the signer knows of nodes fresh, beside the signatures and never before one. */
@Injectable()
export class NodeNews implements OnApplicationBootstrap {
  private readonly loop: Loop;
  private isTold = false;

  constructor(
    @Inject(SERVICE_CONTEXT) private readonly context: ServiceContext<Config>,
    @Inject(Consumers) private readonly consumers: Consumers,
    @Inject(NodeStanding) private readonly standing: NodeStanding,
    @Inject(METRICS) registry: Registry,
  ) {
    new Gauge({
      name: 'touchstone_signer_node_news_age_seconds',
      help: 'Since the attestation hub was asked what it answered last, or since the start when it never did.',
      registers: [registry],
      collect() {
        this.set(standing.newsAgeMs() / 1_000);
      },
    });
    this.loop = new Loop({
      run: () => this.ask(),
      pollMs: NODE_STANDING_INTERVAL_MS,
      backoffFirstMs: NODE_STANDING_INTERVAL_MS,
      backoffMaxMs: NODE_STANDING_INTERVAL_MS,
      onFailure: (error) => this.tellFailure(error),
    });
  }

  /** The first question, so that a signer that starts while a node is blocked knows it; a hub that is away does not stop the start. */
  async begin(): Promise<void> {
    await this.ask().catch((error: unknown) => this.tellFailure(error));
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.consumers.each({ durable: NODES_DURABLE, handler: (message) => this.take(message) });
    this.loop.start();
    // A question under way has no effect that a shutdown would have to wait for.
    this.context.shutdown.add('consumers', 'node standing', () => void this.loop.stop());
  }

  private async take(message: EventMessage): Promise<void> {
    if (message.subject !== 'evt.v1.attestation.node.changed') return;
    if (this.standing.hear(message.body)) this.loop.poke();
  }

  private async ask(): Promise<void> {
    await this.standing.ask();
    if (this.isTold) this.context.logger.info('the attestation hub answers again which nodes are blocked');
    this.isTold = false;
  }

  private tellFailure(error: unknown): void {
    const { config, logger } = this.context;
    logger.debug({ err: error }, 'the attestation hub did not say which nodes are blocked');
    if (this.isTold || !this.standing.isWithoutNews()) return;
    this.isTold = true;
    const fail = config.TOUCHSTONE_NODE_POLICY_FAIL;
    const ageSeconds = Math.round(this.standing.newsAgeMs() / 1_000);
    const message =
      fail === 'closed'
        ? 'nothing is heard of the attestation hub: outputs of nodes are refused until it answers'
        : 'nothing is heard of the attestation hub: nodes that it had blocked stay blocked, all others are signed for';
    logger.warn({ err: error, ageSeconds, fail }, message);
  }
}
