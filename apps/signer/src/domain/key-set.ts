import type { KeySet, RpcResponse } from '@touchstone/contracts';
import type { CheckpointSigning } from './sign-checkpoint.js';
import type { KeyRing } from './key-ring.js';
import type { KeySetStore } from './ports.js';
import type { TransactionSigning } from './sign-transaction.js';

/** The public side of the key ring. */
export class PublishedKeys {
  private current: KeySet | undefined;

  constructor(
    private readonly keys: KeyRing,
    private readonly store: KeySetStore,
    private readonly checkpoints: CheckpointSigning,
    private readonly transactions: TransactionSigning,
    private readonly domain: string,
  ) {}

  /** Stores and announces the key set when it differs from the last version; called once at start. */
  async publish(): Promise<void> {
    this.current = await this.store.publish(this.keys.entries);
  }

  async describe(): Promise<RpcResponse<'signer', 'key-set'>> {
    if (!this.current) await this.publish();
    return {
      keySet: this.current as KeySet,
      currentOutputKeyId: this.keys.outputKeyId,
      domain: this.domain,
      log: { origin: this.checkpoints.origin, vkey: this.checkpoints.verifierKey },
      addresses: { ...this.transactions.addresses() },
    };
  }
}
