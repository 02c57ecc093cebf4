import type { KeystoreEntry } from '@touchstone/contracts';
import type { RpcClient } from '@touchstone/nats';
import type { SigningKeySource } from '../../domain/leaf/signing-keys.js';

/** Asks the signer for its keys over the mesh. */
export class RpcSigningKeys implements SigningKeySource {
  constructor(private readonly rpc: Pick<RpcClient, 'call'>) {}

  async keys(): Promise<readonly KeystoreEntry[]> {
    return (await this.rpc.call('signer', 'key-set', {})).keySet.keys;
  }
}
