import type { AuditEvent, Heartbeat, NodeStatus } from '@touchstone/contracts';

interface Said {
  readonly atMs: number;
  readonly build: string;
  readonly runtime: string;
  readonly cap: string;
  readonly name: string;
}

const fresh = () => ({
  ...{ nowMs: 0, driftCount: 0, spoofCount: 0, lastChangeMs: 0, said: [] as Said[] },
  ...{ status: null as NodeStatus | null, health: 'GREEN' as Heartbeat['health'] },
});
type ReferenceNode = ReturnType<typeof fresh>;

/**
 * The rules of R-NODE-4 once more, straight from what they say and over everything that ever came: nothing is cut, merged or
 * remembered between two heartbeats.
 */
export class ReferenceHub {
  readonly nodes = new Map<string, ReferenceNode>();
  readonly audit: { event: AuditEvent; node: string; old: string | null; new: string | null; at: string }[] =
    [];
  readonly changes: { nodeId: string; status: NodeStatus; previous: NodeStatus | null; changedAt: string }[] =
    [];

  constructor(
    private readonly windowMs = 120_000,
    private readonly threshold = 3,
    private readonly staleAfterMs = 50_000,
  ) {}

  take({ node_id, health, attestation }: Heartbeat, receivedAtMs: number): ReferenceNode {
    const node = this.nodes.get(node_id) ?? fresh();
    this.nodes.set(node_id, node);
    node.nowMs = Math.max(node.nowMs, receivedAtMs);
    let status: NodeStatus = 'MISSING';
    if (attestation !== undefined) {
      const before = node.said.length === 0 ? null : this.judge(node.said);
      const previous = node.said.at(-1);
      node.said.push(saidOf(attestation, node.nowMs));
      status = this.judge(node.said);
      this.find(node_id, node, status, before, previous);
    }
    const tooGood = health === 'GREEN' && (status === 'DRIFT' || status === 'SPOOF_SUSPECT');
    node.health = tooGood ? 'YELLOW' : health;
    if (node.status !== status) this.change(node_id, node, status);
    return node;
  }

  /** Looks at all nodes at a time: whoever has been silent for longer than the limit is STALE since then. */
  look(nowMs: number): void {
    for (const [id, node] of this.nodes) {
      if (node.status === 'STALE' || nowMs - node.nowMs <= this.staleAfterMs) continue;
      node.nowMs += this.staleAfterMs;
      const last = node.said.at(-1);
      const at = new Date(node.nowMs).toISOString();
      const said = last === undefined ? null : `${last.name} ${last.cap}`;
      this.audit.push({ event: 'ATTESTATION_STALE', node: id, at, old: null, new: said });
      this.change(id, node, 'STALE');
    }
  }

  private change(nodeId: string, node: ReferenceNode, status: NodeStatus): void {
    node.lastChangeMs = node.nowMs;
    const changedAt = new Date(node.nowMs).toISOString();
    this.changes.push({ nodeId, status, previous: node.status, changedAt });
    node.status = status;
  }

  /** What the last of several attestations makes of a node. */
  private judge(said: readonly Said[]): NodeStatus {
    const lastMs = said[said.length - 1]?.atMs ?? 0;
    const window = said.filter(({ atMs }) => lastMs - atMs <= this.windowMs);
    const inRow = window.filter(({ build }, index) => build !== window[index - 1]?.build).length;
    const contradicts = window.some((one) =>
      window.some((other) => one.build === other.build && one.runtime !== other.runtime),
    );
    if (inRow >= this.threshold || contradicts) return 'SPOOF_SUSPECT';
    return window.some(({ build }) => build !== said[0]?.build) ? 'DRIFT' : 'OK';
  }

  private find(
    id: string,
    node: ReferenceNode,
    status: NodeStatus,
    before: NodeStatus | null,
    previous: Said | undefined,
  ): void {
    const current = node.said[node.said.length - 1] as Said;
    const at = new Date(node.nowMs).toISOString();
    const found = (event: AuditEvent) =>
      this.audit.push({
        ...{ event, node: id, at },
        old: previous ? `${previous.name} ${previous.cap}` : null,
        new: `${current.name} ${current.cap}`,
      });
    if (before === null) found('ATTESTATION_FIRST_SEEN');
    else if (status === 'SPOOF_SUSPECT' && before !== 'SPOOF_SUSPECT')
      node.spoofCount += found('ATTESTATION_SPOOF_SUSPECT') && 1;
    else if (status === 'DRIFT' && ![previous?.build, node.said[0]?.build].includes(current.build))
      node.driftCount += found('ATTESTATION_DRIFT') && 1;
  }
}

function saidOf({ build_id, capability_hash, runtime }: NonNullable<Heartbeat['attestation']>, atMs: number) {
  const pairs = Object.entries(runtime).sort(([left], [right]) => (left < right ? -1 : 1));
  const build = `${build_id} ${capability_hash}`;
  return { atMs, build, runtime: JSON.stringify(pairs), cap: capability_hash.slice(0, 8), name: build_id };
}
