import { AppError } from '@touchstone/contracts';
import { anchoredCommitment } from '@touchstone/evidence';
import type { AroundWork } from '../../pipeline/around-work.js';
import type { AnchorTarget } from '../anchor-target.js';
import { spacingLeftMs } from '../spacing.js';
import type { TimeStamping, TokenStore } from './ports.js';

/** Tokens in a row that did not hold after which the authority is in trouble: one may be a slip of the wire. */
export const TOKEN_REFUSALS_MAX = 3;

/** The authority answered, but gave no token that holds: it refused, or what it gave fails a check. */
export class TokenRefusal extends AppError {
  constructor(
    network: string,
    readonly reason: string,
  ) {
    super('dependency-unavailable', `${network} gives no token: ${reason}`);
  }
}

/** What {@link TsaTarget} needs beside its ports. */
export interface TsaTargetOptions {
  /** Fewest milliseconds between two tokens; each covers all batches since the last. */
  readonly spacingMs: number;
  readonly nowMs: () => number;
  readonly newId: () => string;
  readonly around: AroundWork;
  readonly onFinal: (checkpointSize: bigint, network: string) => void;
}

/**
 * Anchors at a time-stamping authority. A token is final when it is there, and asking twice costs nothing but a token: so nothing is
 * stored before it, and a process that is killed asks again.
 */
export class TsaTarget implements AnchorTarget {
  readonly kind = 'rfc3161';
  private refusals = 0;
  private lastReason = '';

  constructor(
    private readonly tsa: TimeStamping,
    private readonly store: TokenStore,
    private readonly options: TsaTargetOptions,
  ) {}

  get network(): string {
    return this.tsa.network;
  }

  get trouble(): string | undefined {
    return this.refusals < TOKEN_REFUSALS_MAX
      ? undefined
      : `The authority gives no token: ${this.lastReason}`;
  }

  async run(): Promise<number | undefined> {
    const { spacingMs, nowMs, around } = this.options;
    const checkpoint = await this.store.anchorable();
    if (checkpoint === undefined) return undefined;
    const waitMs = spacingLeftMs(await this.store.history(), spacingMs, nowMs());
    if (waitMs > 0) return waitMs;
    await around('stamp checkpoint', () => this.stamp(checkpoint.size, checkpoint.note));
    return 0;
  }

  private async stamp(checkpointSize: bigint, note: string): Promise<void> {
    const { nowMs, newId, onFinal } = this.options;
    const commitment = anchoredCommitment(note);
    if (commitment === undefined)
      throw new AppError('internal', `The stored checkpoint of size ${checkpointSize} has no commitment.`);
    const token = await this.asked(commitment);
    const anchor = { ...token, anchorId: newId(), checkpointSize, commitment, createdAtMs: nowMs() };
    if (await this.store.record(anchor)) onFinal(checkpointSize, this.network);
  }

  private async asked(commitment: Uint8Array) {
    try {
      const token = await this.tsa.stamp(commitment);
      this.refusals = 0;
      return token;
    } catch (error) {
      if (error instanceof TokenRefusal) {
        this.refusals += 1;
        this.lastReason = error.reason;
      }
      throw error;
    }
  }
}
