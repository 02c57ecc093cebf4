import type { KeystoreEntry } from '@touchstone/contracts';
import type { RpcClient } from '@touchstone/nats';
import type { OutputKeySource } from '../../domain/leaf/output-keys.js';

/** Asks the signer for its keys over the mesh. */
export class RpcOutputKeys implements OutputKeySource {
  constructor(private readonly rpc: Pick<RpcClient, 'call'>) {}

  async keys(): Promise<readonly KeystoreEntry[]> {
    return (await this.rpc.call('signer', 'key-set', {})).keySet.keys;
  }
}
