/** What is right for a node at a time. */
export interface Right {
  readonly builds: ReadonlySet<string>;
  /** Whether the builds may come in any order. */
  readonly asOne: boolean;
  /** What was said up to then counts no more. */
  readonly afterMs: number;
}

interface Rollout {
  readonly nodes: readonly string[];
  readonly build: string;
  readonly endsAtMs: number;
}

type Fact =
  | { readonly kind: 'approved' | 'completed'; readonly build: string; readonly atMs: number }
  | { readonly kind: 'cancelled'; readonly atMs: number };

/** The decisions of an operator, kept one by one and applied from the first to the last whenever somebody asks. */
export class ReferenceDecisions {
  private readonly facts = new Map<string, Fact[]>();
  private readonly open = new Map<string, Rollout>();

  approve(node: string, build: string): void {
    this.add([node], { kind: 'approved', build, atMs: 0 });
  }

  start(name: string, rollout: Rollout): void {
    this.open.set(name, rollout);
  }

  end(name: string, kind: 'completed' | 'cancelled', atMs: number): void {
    const rollout = this.open.get(name);
    if (rollout === undefined) return;
    this.open.delete(name);
    this.add(rollout.nodes, { kind, build: rollout.build, atMs });
  }

  closeExpired(nowMs: number): void {
    for (const [name, { endsAtMs }] of [...this.open])
      if (endsAtMs <= nowMs) this.end(name, 'completed', endsAtMs);
  }

  rightFor(node: string, first: string, nowMs: number): Right {
    let builds = new Set([first]);
    let afterMs = 0;
    for (const fact of this.facts.get(node) ?? []) {
      if (fact.kind === 'approved') builds.add(fact.build);
      else afterMs = fact.atMs;
      if (fact.kind === 'completed') builds = new Set([fact.build]);
    }
    let asOne = false;
    for (const { nodes, build, endsAtMs } of this.open.values()) {
      if (!nodes.includes(node)) continue;
      const isOver = nowMs >= endsAtMs;
      builds = isOver ? new Set([build]) : new Set([...builds, build]);
      afterMs = isOver ? endsAtMs : afterMs;
      asOne ||= !isOver;
    }
    return { builds, asOne, afterMs };
  }

  private add(nodes: readonly string[], fact: Fact): void {
    for (const node of nodes) this.facts.set(node, [...(this.facts.get(node) ?? []), fact]);
  }
}
