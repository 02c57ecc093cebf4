import { AppError, type KeySet } from '@touchstone/contracts';
import { parseUtcTime } from '@touchstone/crypto';
import { singleFlight } from '@touchstone/work';
import type { KeyRing } from './key-ring.js';
import type { KeySetStore } from './ports.js';

/** Milliseconds for which a signer relies on what it read of the key set when it signs an output. */
export const KEY_SET_AGE_MAX_MS = 60_000;

/** First and last moment of a key, in milliseconds since 1970. */
export interface KeyTimes {
  readonly startMs: number;
  readonly endMs: number;
}

interface Known {
  readonly keySet: KeySet;
  /** Taken before the read began. */
  readonly askedAtMs: number;
}

/** The key set in force, which a replica with another output key may change at any time. */
export class CurrentKeySet {
  private known: Known | undefined;

  constructor(
    private readonly keys: KeyRing,
    private readonly store: KeySetStore,
    private readonly clock: { nowMs(): number },
  ) {}

  /** Stores and announces the key set when it differs from the last version; called at start. */
  async publish(): Promise<void> {
    await this.remember(() => this.store.publish(this.keys.entries));
  }

  private readonly asked = singleFlight(() => this.remember(() => this.store.current()));

  /** The key set as it is stored now, with the statuses of now. Who asks meanwhile gets the same answer. */
  async read(): Promise<KeySet> {
    return (await this.asked()).keySet;
  }

  /** {@link timesOf} the held output key. */
  outputKeyTimes(): Promise<KeyTimes> {
    return this.timesOf(this.keys.outputKeyId);
  }

  /**
   * The moments that what a held key signs may declare; as they were at most {@link KEY_SET_AGE_MAX_MS} ago.
   *
   * @throws AppError `dependency-unavailable` when the database does not tell
   */
  async timesOf(keyId: string): Promise<KeyTimes> {
    const keySet = this.recent() ?? (await this.read());
    const entry = keySet.keys.find(({ kid }) => kid === keyId);
    return {
      startMs: (entry && parseUtcTime(entry.not_before)) ?? Number.POSITIVE_INFINITY,
      endMs: (entry && parseUtcTime(entry.not_after)) ?? Number.NEGATIVE_INFINITY,
    };
  }

  /** @throws AppError `signing-refused` once the held output key has ended: what runs here is to be replaced */
  async requireOutputKey(): Promise<void> {
    const { endMs } = await this.outputKeyTimes();
    if (this.clock.nowMs() <= endMs) return;
    throw new AppError(
      'signing-refused',
      `Key ${this.keys.outputKeyId} was replaced; this signer signs no outputs.`,
    );
  }

  private async remember(read: () => Promise<KeySet>): Promise<Known> {
    const askedAtMs = this.clock.nowMs();
    this.known = { keySet: await read(), askedAtMs };
    return this.known;
  }

  private recent(): KeySet | undefined {
    const { known } = this;
    if (known === undefined) return undefined;
    const ageMs = this.clock.nowMs() - known.askedAtMs;
    // A clock that was set back says nothing about the age.
    return ageMs >= 0 && ageMs <= KEY_SET_AGE_MAX_MS ? known.keySet : undefined;
  }
}
