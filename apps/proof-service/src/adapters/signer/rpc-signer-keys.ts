import { AppError } from '@touchstone/contracts';
import type { RpcClient } from '@touchstone/nats';
import type { SignerKeys, SignerKeySource } from '../../domain/keys/signer-keys.js';

/** Asks the signer over the mesh. */
export class RpcSignerKeys implements SignerKeySource {
  constructor(
    private readonly rpc: RpcClient,
    private readonly origin: string,
  ) {}

  async fetch(): Promise<SignerKeys> {
    const { keySet, domain, log, addresses } = await this.rpc.call('signer', 'key-set', {});
    if (log.origin !== this.origin) {
      throw new AppError(
        'dependency-unavailable',
        `The signer signs log ${log.origin}; this service serves ${this.origin}. Set TOUCHSTONE_LOG_ORIGIN alike.`,
      );
    }
    return {
      outputKeys: keySet.keys.filter(({ use }) => use === 'output'),
      batchKeys: keySet.keys.filter(({ use }) => use === 'event-batch'),
      domain,
      logVerifierKey: log.vkey,
      anchorSubmitter: addresses.anchor,
    };
  }
}
