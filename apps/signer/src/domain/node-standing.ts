import type { NodeChanged, RpcResponse } from '@touchstone/contracts';

/** Milliseconds without an answer of the attestation hub after which a signer goes on without news. */
export const NODE_NEWS_MAX_AGE_MS = 60_000;
/** Nodes of which a signer keeps what changed since the last answer; it learns of others with the next one. */
export const NODE_CHANGES_MAX = 4_096;

/** What becomes of the outputs of nodes while nothing is heard of the hub: signed as far as is known, or refused. */
export type WithoutNews = 'open' | 'closed';

/** All nodes that are blocked, and when the hub looked. */
export type BlockedNodes = RpcResponse<'attestation-hub', 'standing'>;

/** Says for which nodes nothing is signed. */
export interface NodePolicy {
  /** Why nothing is signed for a node now; undefined when something is. */
  refusal(nodeId: string): string | undefined;
}

interface Change {
  readonly blocked: boolean;
  readonly atMs: number;
  /** The question that was asked last before it was heard. */
  readonly question: number;
}

/**
 * Which nodes the hub has blocked, from its answers, which are complete, and from what it tells between them. The signer judges
 * nothing itself.
 *
 * What was heard after a question had been asked outlives its answer, and what was heard before is in the answer: the hub tells a
 * change once it is stored. A change from before the last answer, which comes when events are delivered again, counts for nothing.
 */
export class NodeStanding implements NodePolicy {
  private readonly startedMs: number;
  private answer: { readonly atMs: number; readonly nodes: ReadonlySet<string> } | undefined;
  private readonly changes = new Map<string, Change>();
  private newsMs: number | undefined;
  private questions = 0;

  constructor(
    private readonly hub: { blocked(): Promise<BlockedNodes> },
    private readonly withoutNews: WithoutNews,
    private readonly nowMs: () => number,
  ) {
    this.startedMs = nowMs();
  }

  /** Asks the hub. One question at a time. @throws what the hub throws; everything known stays */
  async ask(): Promise<void> {
    const askedMs = this.nowMs();
    const question = ++this.questions;
    const { at, blocked } = await this.hub.blocked();
    this.answer = { atMs: Date.parse(at), nodes: new Set(blocked.map(({ nodeId }) => nodeId)) };
    this.newsMs = askedMs;
    for (const [nodeId, change] of this.changes) if (change.question < question) this.changes.delete(nodeId);
  }

  /** Takes over what the hub tells of a node. @returns whether the hub is to be asked, since it is not what was known */
  hear({ nodeId, blocked, changedAt }: Pick<NodeChanged, 'nodeId' | 'blocked' | 'changedAt'>): boolean {
    const isNew = blocked !== this.isBlocked(nodeId);
    const atMs = Date.parse(changedAt);
    const known = this.changes.get(nodeId);
    const knownMs = known?.atMs ?? this.answer?.atMs ?? Number.NEGATIVE_INFINITY;
    const hasRoom = known !== undefined || this.changes.size < NODE_CHANGES_MAX;
    if (atMs >= knownMs && hasRoom) this.changes.set(nodeId, { blocked, atMs, question: this.questions });
    return isNew;
  }

  refusal(nodeId: string): string | undefined {
    if (this.isBlocked(nodeId)) return `The attestation hub has blocked the node ${nodeId}.`;
    if (this.refusesAll())
      return 'Nothing is heard of the attestation hub, and this signer signs for no node without news.';
    return undefined;
  }

  /** Milliseconds since the hub was asked what it answered last; since the start when it never did. */
  newsAgeMs(): number {
    return Math.max(0, this.nowMs() - (this.newsMs ?? this.startedMs));
  }

  /** Whether the signer goes on without news. One that fails closed does so from its start. */
  isWithoutNews(): boolean {
    return this.newsAgeMs() > NODE_NEWS_MAX_AGE_MS || this.refusesAll();
  }

  private refusesAll(): boolean {
    if (this.withoutNews === 'open') return false;
    return this.newsMs === undefined || this.newsAgeMs() > NODE_NEWS_MAX_AGE_MS;
  }

  private isBlocked(nodeId: string): boolean {
    return this.changes.get(nodeId)?.blocked ?? this.answer?.nodes.has(nodeId) ?? false;
  }
}
