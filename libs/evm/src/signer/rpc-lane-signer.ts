import { AppError, type RpcRequest } from '@touchstone/contracts';
import type { RpcClient } from '@touchstone/nats';
import { keccak256, type Hex } from 'viem';
import type { LaneSigner, UnsignedTransaction } from '../lane/lane-ports.js';

/** Milliseconds that the signer may take; the lane waits meanwhile. */
export const SIGNER_TIMEOUT_MS = 3_000;

/** A key of the signer, reached over the mesh; no key is held here. */
export class RpcLaneSigner implements LaneSigner {
  private address: string | undefined;

  constructor(
    private readonly rpc: Pick<RpcClient, 'call'>,
    private readonly key: RpcRequest<'signer', 'sign-transaction'>['key'],
  ) {}

  /** Asked for once, and again when the signer's key is another one. @throws AppError `dependency-unavailable` */
  async account(): Promise<string> {
    if (this.address === undefined) {
      const answer = await this.rpc
        .call('signer', 'key-set', {}, { timeoutMs: SIGNER_TIMEOUT_MS })
        .catch(signerFailed);
      this.address = answer.addresses[this.key];
    }
    return this.address;
  }

  async sign(transaction: UnsignedTransaction, account: string): Promise<{ raw: string; hash: string }> {
    const { chainId, nonce, to, data, gas, maxFeePerGas, maxPriorityFeePerGas } = transaction;
    const { rawTransaction, hash, from } = await this.rpc
      .call(
        'signer',
        'sign-transaction',
        {
          key: this.key,
          transaction: {
            chainId,
            nonce,
            to,
            value: '0',
            data: data.toLowerCase(),
            gas: gas.toString(),
            maxFeePerGas: maxFeePerGas.toString(),
            maxPriorityFeePerGas: maxPriorityFeePerGas.toString(),
          },
        },
        { timeoutMs: SIGNER_TIMEOUT_MS },
      )
      .catch(signerFailed);
    // The nonce is that of one account, and the chain is asked for the hash later: neither is believed.
    if (from === account && hash === keccak256(rawTransaction as Hex)) return { hash, raw: rawTransaction };
    this.address = undefined;
    throw new AppError(
      'dependency-unavailable',
      `The signer answered a transaction of ${from} with hash ${hash}, where the account is ${account}: its ${this.key} key changes.`,
    );
  }
}

/** A signer that does not answer in time is a dependency that is away; nothing it said later would be used. */
function signerFailed(error: unknown): never {
  if (!(error instanceof AppError) || error.code !== 'timeout') throw error;
  throw new AppError('dependency-unavailable', 'The signer does not answer.', { cause: error });
}
