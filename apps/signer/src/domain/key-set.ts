import type { RpcResponse } from '@touchstone/contracts';
import type { CurrentKeySet } from './current-key-set.js';
import type { KeyRing } from './key-ring.js';
import type { CheckpointSigning } from './sign-checkpoint.js';
import type { TransactionSigning } from './sign-transaction.js';

/** The public side of the key ring. */
export class PublishedKeys {
  constructor(
    private readonly keys: KeyRing,
    private readonly current: CurrentKeySet,
    private readonly checkpoints: CheckpointSigning,
    private readonly transactions: TransactionSigning,
    private readonly domain: string,
  ) {}

  /** The key set in force: whoever holds a signature by a new key finds it here, whichever replica answers. */
  async describe(): Promise<RpcResponse<'signer', 'key-set'>> {
    return {
      keySet: await this.current.read(),
      currentOutputKeyId: this.keys.outputKeyId,
      domain: this.domain,
      log: { origin: this.checkpoints.origin, vkey: this.checkpoints.verifierKey },
      addresses: { ...this.transactions.addresses() },
    };
  }
}
