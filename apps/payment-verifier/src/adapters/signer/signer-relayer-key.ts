import type { RpcClient } from '@touchstone/nats';
import type { RelayedCall, RelayerKey, SignedTransaction } from '../../domain/relayer.js';
import type { EvmNode } from '../evm/evm-node.js';
import type { EvmSettlementChain } from '../evm/evm-settlement-chain.js';

/** Milliseconds that the signer may take; the relayer's lane waits meanwhile. */
export const SIGNER_TIMEOUT_MS = 3_000;

/** The settlement key, which lives in the signer; here is only its address. */
export class SignerRelayerKey implements RelayerKey {
  private address: string | undefined;

  constructor(
    private readonly rpc: RpcClient,
    private readonly node: EvmNode,
    private readonly chain: EvmSettlementChain,
  ) {}

  /** The relayer's address, asked for once. @throws AppError `dependency-unavailable`, `timeout` */
  async account(): Promise<string> {
    if (this.address === undefined) {
      const answer = await this.rpc.call('signer', 'key-set', {}, { timeoutMs: SIGNER_TIMEOUT_MS });
      this.address = answer.addresses.settlement;
    }
    return this.address;
  }

  async sign({ to, data, gas }: RelayedCall, nonce: number): Promise<SignedTransaction> {
    const { maxFeePerGas, maxPriorityFeePerGas } = await this.node.recentHead();
    const { rawTransaction, hash } = await this.rpc.call(
      'signer',
      'sign-transaction',
      {
        key: 'settlement',
        transaction: {
          chainId: this.node.chainId,
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
    );
    return { hash, raw: rawTransaction as `0x${string}` };
  }

  minedCount(account: string): Promise<number> {
    return this.chain.minedCount(account);
  }
}
