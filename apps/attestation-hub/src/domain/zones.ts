import type { ZoneMode, ZoneRule } from '@touchstone/contracts';
import type { Selection } from './governance.js';

/** Nodes with one policy. */
export interface Zone extends Selection {
  readonly zone: string;
  readonly mode: ZoneMode;
  readonly rules: readonly ZoneRule[];
}

/** Most zones of one hub. */
export const ZONES_MAX = 64;

/** The zone of nodes that no other has: nothing is blocked (R-NODE-4), and signatures are asked of nobody. */
export const DEFAULT_ZONE: Zone = {
  zone: 'default',
  prefix: '',
  mode: 'observe',
  rules: ['SPOOF_SUSPECT', 'DRIFT', 'MISSING', 'STALE'],
};

/** The zones of a hub; a node is in the first one that has it. */
export class Zones {
  private readonly named: readonly { readonly zone: Zone; readonly nodes: ReadonlySet<string> }[];

  constructor(zones: readonly Zone[] = []) {
    this.named = [...zones, DEFAULT_ZONE].map((zone) => ({ zone, nodes: new Set(zone.nodes) }));
  }

  of(nodeId: string): Zone {
    const found = this.named.find(({ zone: { prefix }, nodes }) =>
      prefix === undefined ? nodes.has(nodeId) : nodeId.startsWith(prefix),
    );
    return found?.zone ?? DEFAULT_ZONE;
  }

  /** Those that block. */
  enforced(): readonly Zone[] {
    return this.named.map(({ zone }) => zone).filter(({ mode }) => mode === 'enforce');
  }
}
