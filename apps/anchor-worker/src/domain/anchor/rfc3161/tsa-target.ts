import type { AnchorEvent } from '../anchor-event.js';
import { AnchorRefusal } from '../anchor-refusal.js';
import { costUnits } from '../cost-units.js';
import {
  PolicedTarget,
  type Advanced,
  type CheckpointToAnchor,
  type PlannedAnchor,
  type PolicedOptions,
} from '../policed-target.js';
import type { RefusedAnchor } from '../target-store.js';
import type { TimeStamping, TokenStore } from './ports.js';

/** What a token costs, in tokens. */
const TOKEN_COST = 1n;

/** The authority answered, but gave no token that holds: it refused, or what it gave fails a check, which costs a token all the same. */
export class TokenRefusal extends AnchorRefusal {
  constructor(network: string, reason: string, wasGiven = false) {
    super(network, reason, wasGiven ? TOKEN_COST : 0n);
  }
}

/** What {@link TsaTarget} needs beside its ports. */
export interface TsaTargetOptions extends PolicedOptions {
  readonly onEvent: (event: AnchorEvent) => void;
}

/**
 * Anchors at a time-stamping authority. A token is final when it is there, and asking twice costs nothing but a token: so nothing is
 * stored before it, and a process that is killed asks again.
 */
export class TsaTarget extends PolicedTarget {
  readonly kind = 'rfc3161';
  /** Refusals are counted by what is stored. */
  protected override readonly ownTrouble = undefined;

  constructor(
    private readonly tsa: TimeStamping,
    private readonly store: TokenStore,
    private readonly options: TsaTargetOptions,
  ) {
    super(store, options, { unit: costUnits.rfc3161, unknownMax: TOKEN_COST });
  }

  get network(): string {
    return this.tsa.network;
  }

  /** Nothing is ever open. */
  protected override advance(): Promise<Advanced> {
    return Promise.resolve({ isWaiting: false, pollMs: undefined, failures: [] });
  }

  protected override plan(checkpoint: CheckpointToAnchor): Promise<PlannedAnchor> {
    const make = () => this.options.around('stamp checkpoint', () => this.stamp(checkpoint));
    return Promise.resolve({ costMax: TOKEN_COST, make });
  }

  protected override async refused(anchor: RefusedAnchor): Promise<void> {
    await this.store.refuse(anchor);
    this.options.onEvent({ kind: 'failed', cost: anchor.cost });
  }

  private async stamp({ size: checkpointSize, commitment }: CheckpointToAnchor): Promise<void> {
    const { nowMs, newId, onEvent } = this.options;
    const token = await this.tsa.stamp(commitment);
    const cost = TOKEN_COST;
    const anchor = { ...token, anchorId: newId(), checkpointSize, commitment, cost, createdAtMs: nowMs() };
    if (await this.store.record(anchor)) onEvent({ kind: 'final', checkpointSize, cost });
  }
}
