import type { KeySet, RpcResponse } from '@touchstone/contracts';
import type { CheckpointSigning } from './sign-checkpoint.js';
import type { KeyRing } from './key-ring.js';
import type { KeySetStore } from './ports.js';
import type { TransactionSigning } from './sign-transaction.js';

/** Milliseconds after which statuses are computed again. */
export const STATUS_REFRESH_MS = 60_000;

/** The public side of the key ring. */
export class PublishedKeys {
  private current: KeySet | undefined;
  private readAtMs = 0;

  constructor(
    private readonly keys: KeyRing,
    private readonly store: KeySetStore,
    private readonly checkpoints: CheckpointSigning,
    private readonly transactions: TransactionSigning,
    private readonly domain: string,
    private readonly clock: { nowMs(): number },
  ) {}

  /** Stores and announces the key set when it differs from the last version; called at start. */
  async publish(): Promise<void> {
    this.remember(await this.store.publish(this.keys.entries));
  }

  /** The key set with today's statuses: a replaced key moves from retiring to retired while the signer runs. */
  async describe(): Promise<RpcResponse<'signer', 'key-set'>> {
    if (!this.current) await this.publish();
    else if (this.clock.nowMs() - this.readAtMs > STATUS_REFRESH_MS)
      this.remember(await this.store.refresh());
    return {
      keySet: this.current as KeySet,
      currentOutputKeyId: this.keys.outputKeyId,
      domain: this.domain,
      log: { origin: this.checkpoints.origin, vkey: this.checkpoints.verifierKey },
      addresses: { ...this.transactions.addresses() },
    };
  }

  private remember(keySet: KeySet): void {
    this.current = keySet;
    this.readAtMs = this.clock.nowMs();
  }
}
