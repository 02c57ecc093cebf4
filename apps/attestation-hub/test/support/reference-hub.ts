import type { AuditEvent, Heartbeat, NodeStatus } from '@touchstone/contracts';

import { ReferenceDecisions, type Right } from './reference-decisions.js';

interface Said {
  readonly atMs: number;
  readonly build: string;
  readonly runtime: string;
  readonly cap: string;
  readonly name: string;
}

interface Boot {
  readonly atMs: number;
  readonly bootId: string | undefined;
  readonly isSign: boolean;
}
interface Skew {
  readonly atMs: number;
  readonly isOff: boolean;
  readonly isTold: boolean;
}

const fresh = () => ({
  ...{
    nowMs: 0,
    driftCount: 0,
    spoofCount: 0,
    lastChangeMs: 0,
    said: [] as Said[],
    boots: [] as Boot[],
    skew: [] as Skew[],
  },
  ...{ status: null as NodeStatus | null, health: 'GREEN' as Heartbeat['health'] },
});
type ReferenceNode = ReturnType<typeof fresh>;

/**
 * The rules of R-NODE-4 once more, straight from what they say and over everything that ever came: nothing is cut, merged or
 * remembered between two heartbeats.
 */
export class ReferenceHub {
  readonly decisions = new ReferenceDecisions();
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

  take({ node_id, health, attestation, boot_id, ts_utc }: Heartbeat, receivedAtMs: number): ReferenceNode {
    const node = this.nodes.get(node_id) ?? fresh();
    this.nodes.set(node_id, node);
    node.nowMs = Math.max(node.nowMs, receivedAtMs);
    let status: NodeStatus = 'MISSING';
    if (attestation !== undefined) {
      const now = saidOf(attestation, node.nowMs);
      const right = this.decisions.rightFor(node_id, node.said[0]?.build ?? now.build, node.nowMs);
      const before = node.said.length === 0 ? null : this.judge(node.said, right);
      const previous = node.said.at(-1);
      const wasTwo = previous !== undefined && this.isTwo(node.boots, previous.atMs);
      node.said.push(now);
      this.start(node, boot_id, right.asOne);
      status = this.judge(node.said, right);
      if (before !== null && this.isTwo(node.boots, node.nowMs)) status = 'SPOOF_SUSPECT';
      this.find(node_id, node, status, wasTwo ? 'SPOOF_SUSPECT' : before, previous, right);
    }
    this.noticeClock(node_id, node, Date.parse(ts_utc) - receivedAtMs);
    const tooGood = health === 'GREEN' && (status === 'DRIFT' || status === 'SPOOF_SUSPECT');
    node.health = tooGood ? 'YELLOW' : health;
    if (node.status !== status) this.change(node_id, node, status);
    return node;
  }

  /** A start that comes back within the window is a sign of two machines, unless a rollout excuses it. */
  private start(node: ReferenceNode, bootId: string | undefined, isExcused: boolean): void {
    if (bootId === undefined) return;
    const atMs = node.nowMs;
    const last = node.boots.at(-1);
    const isSign =
      !isExcused &&
      last?.bootId !== bootId &&
      node.boots.some((each) => each.bootId === bootId && atMs - each.atMs <= this.windowMs);
    if (isExcused) node.boots = node.boots.map((each) => ({ ...each, isSign: false }));
    node.boots.push({ atMs, bootId, isSign });
  }

  private isTwo(boots: readonly Boot[], atMs: number): boolean {
    return boots.some((each) => each.isSign && atMs - each.atMs <= this.windowMs);
  }

  private noticeClock(id: string, node: ReferenceNode, skewMs: number): void {
    const isOff = Math.abs(skewMs) > 300_000;
    const told = node.skew.findLast(({ isTold }) => isTold);
    const isTold =
      isOff && !node.skew.at(-1)?.isOff && (told === undefined || node.nowMs - told.atMs >= 3_600_000);
    node.skew.push({ atMs: node.nowMs, isOff, isTold });
    const at = new Date(node.nowMs).toISOString();
    if (isTold) this.audit.push({ event: 'ATTESTATION_CLOCK_SKEW', node: id, at, old: null, new: null });
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
  private judge(said: readonly Said[], { builds, asOne, afterMs }: Right): NodeStatus {
    const last = said.at(-1);
    const window = said.filter(
      (each) => each === last || ((last?.atMs ?? 0) - each.atMs <= this.windowMs && each.atMs > afterMs),
    );
    const names = window.map(({ build }) => (asOne && builds.has(build) ? 'right' : build));
    const inRow = names.filter((name, index) => name !== names[index - 1]).length;
    const contradicts = window.some((one) =>
      window.some((other) => one.build === other.build && one.runtime !== other.runtime),
    );
    if (inRow >= this.threshold || contradicts) return 'SPOOF_SUSPECT';
    return window.some(({ build }) => !builds.has(build)) ? 'DRIFT' : 'OK';
  }

  private find(
    id: string,
    node: ReferenceNode,
    status: NodeStatus,
    before: NodeStatus | null,
    previous: Said | undefined,
    { builds }: Right,
  ): void {
    const current = node.said[node.said.length - 1] as Said;
    const at = new Date(node.nowMs).toISOString();
    // Of a build that was right once, what it is measured against is told.
    const old = status === 'DRIFT' && previous?.build === current.build ? node.said[0] : previous;
    const found = (event: AuditEvent) =>
      this.audit.push({
        ...{ event, node: id, at },
        old: old ? `${old.name} ${old.cap}` : null,
        new: `${current.name} ${current.cap}`,
      });
    if (before === null) found('ATTESTATION_FIRST_SEEN');
    else if (status === 'SPOOF_SUSPECT' && before !== 'SPOOF_SUSPECT')
      node.spoofCount += found('ATTESTATION_SPOOF_SUSPECT') && 1;
    else if (status === 'DRIFT' && !builds.has(current.build) && isNews(node, current, previous))
      node.driftCount += found('ATTESTATION_DRIFT') && 1;
  }
}

/** A build that came anew, or one that was right and is so no more. */
function isNews({ status }: ReferenceNode, current: Said, previous: Said | undefined): boolean {
  return previous?.build !== current.build || status === 'OK';
}

function saidOf({ build_id, capability_hash, runtime }: NonNullable<Heartbeat['attestation']>, atMs: number) {
  const pairs = Object.entries(runtime).sort(([left], [right]) => (left < right ? -1 : 1));
  const build = `${build_id} ${capability_hash}`;
  return { atMs, build, runtime: JSON.stringify(pairs), cap: capability_hash.slice(0, 8), name: build_id };
}
