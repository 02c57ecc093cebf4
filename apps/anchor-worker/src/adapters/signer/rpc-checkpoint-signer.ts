import { bytesToHex } from '@touchstone/crypto';
import type { RpcClient } from '@touchstone/nats';
import type { CheckpointRequest, CheckpointSigner, LogIdentity } from '../../domain/checkpoint/ports.js';

/** Has checkpoints signed by the signer over the mesh. */
export class RpcCheckpointSigner implements CheckpointSigner {
  constructor(private readonly rpc: Pick<RpcClient, 'call'>) {}

  async identity(): Promise<LogIdentity> {
    return (await this.rpc.call('signer', 'key-set', {})).log;
  }

  async sign({ origin, size, root, fromSize, proof }: CheckpointRequest): Promise<string> {
    const { note } = await this.rpc.call('signer', 'sign-checkpoint', {
      origin,
      size: size.toString(),
      root: bytesToHex(root),
      consistency: { fromSize: fromSize.toString(), proof: proof.map(bytesToHex) },
    });
    return note;
  }
}
