import { AppError } from '@touchstone/contracts';
import type { RpcClient } from '@touchstone/nats';
import { keccak256, type Hex } from 'viem';
import type { TransactionSigner, UnsignedTransaction } from '../../domain/anchor/anchor-ports.js';

/** Has anchor transactions signed by the signer over the mesh; no key is held here. */
export class RpcTransactionSigner implements TransactionSigner {
  private submitter: string | undefined;

  constructor(private readonly rpc: Pick<RpcClient, 'call'>) {}

  async address(): Promise<string> {
    this.submitter ??= (await this.rpc.call('signer', 'key-set', {})).addresses.anchor;
    return this.submitter;
  }

  async sign(transaction: UnsignedTransaction): Promise<{ raw: string; hash: string }> {
    const { chainId, nonce, to, data, gas, maxFeePerGas, maxPriorityFeePerGas } = transaction;
    const signed = await this.rpc.call('signer', 'sign-transaction', {
      key: 'anchor',
      transaction: {
        chainId,
        nonce,
        to,
        value: '0',
        data,
        gas: gas.toString(),
        maxFeePerGas: maxFeePerGas.toString(),
        maxPriorityFeePerGas: maxPriorityFeePerGas.toString(),
      },
    });
    // The hash is what the chain is asked for later, so it is computed and not believed.
    const hash = keccak256(signed.rawTransaction as Hex);
    if (hash !== signed.hash || signed.from !== (await this.address())) {
      throw new AppError(
        'conflict',
        `The signer answered a transaction of ${signed.from} with hash ${signed.hash}.`,
      );
    }
    return { raw: signed.rawTransaction, hash };
  }
}
