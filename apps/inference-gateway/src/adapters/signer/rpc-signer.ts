import { AppError, type OutputPayload, type OutputProof } from '@touchstone/contracts';
import type { RpcClient } from '@touchstone/nats';
import type { Signer } from '../../domain/inference/signer.js';
import type { SignerKeys } from '../../domain/model/commitment.js';

/** The signer behind its RPCs. */
export class RpcSigner implements Signer {
  constructor(private readonly rpc: RpcClient) {}

  async signOutput(payload: OutputPayload): Promise<OutputProof> {
    try {
      const { proof } = await this.rpc.call('signer', 'sign-output', payload);
      return proof;
    } catch (error) {
      throw unavailable(error);
    }
  }

  async keys(): Promise<SignerKeys> {
    try {
      const { keySet, currentOutputKeyId } = await this.rpc.call('signer', 'key-set', {});
      return { keySet, currentOutputKeyId };
    } catch (error) {
      throw unavailable(error);
    }
  }
}

/** The caller of the gateway sees a part that does not answer, not the gateway's own deadline. */
function unavailable(error: unknown): unknown {
  if (!(error instanceof AppError) || error.code !== 'timeout') return error;
  return new AppError('dependency-unavailable', 'The signer does not answer in time.', { cause: error });
}
