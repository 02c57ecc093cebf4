import { AppError, type RpcRequest } from '@touchstone/contracts';
import type { RpcClient } from '@touchstone/nats';
import { keccak256, type Hex } from 'viem';
import type { RelayedCall, RelayerKey, SignedTransaction } from '../../domain/relayer.js';
import type { EvmNode } from '../evm/evm-node.js';
import type { EvmSettlementChain } from '../evm/evm-settlement-chain.js';

/** Milliseconds that the signer may take; the relayer's lane waits meanwhile. */
export const SIGNER_TIMEOUT_MS = 3_000;
/** Milliseconds that a balance which was enough is taken as enough. */
export const BALANCE_CACHE_MS = 2_000;

type SignTransaction = RpcRequest<'signer', 'sign-transaction'>;

/** The settlement key, which lives in the signer; here is only its address. */
export class SignerRelayerKey implements RelayerKey {
  private address: string | undefined;
  private balance = { wei: 0n, atMs: -Infinity };

  constructor(
    private readonly rpc: RpcClient,
    private readonly node: EvmNode,
    private readonly chain: EvmSettlementChain,
  ) {}

  /** The relayer's address, asked for once and again when the signer's key is another one. @throws AppError `dependency-unavailable` */
  async account(): Promise<string> {
    if (this.address === undefined) {
      const answer = await this.rpc
        .call('signer', 'key-set', {}, { timeoutMs: SIGNER_TIMEOUT_MS })
        .catch(signerFailed);
      this.address = answer.addresses.settlement;
    }
    return this.address;
  }

  /**
   * Has one call signed. A relayer that cannot pay for it is found out before: its transaction would wait in no pool,
   * and the payment would stay open until its time is over.
   *
   * @throws AppError `dependency-unavailable`, `signing-refused`
   */
  async sign({ to, data, gas }: RelayedCall, nonce: number, account: string): Promise<SignedTransaction> {
    const { maxFeePerGas, maxPriorityFeePerGas } = await this.node.recentHead();
    await this.assertFunds(gas * maxFeePerGas);
    const transaction: SignTransaction['transaction'] = {
      chainId: this.node.chainId,
      nonce,
      to,
      value: '0',
      data: data.toLowerCase(),
      gas: gas.toString(),
      maxFeePerGas: maxFeePerGas.toString(),
      maxPriorityFeePerGas: maxPriorityFeePerGas.toString(),
    };
    const { rawTransaction, hash, from } = await this.rpc
      .call(
        'signer',
        'sign-transaction',
        { key: 'settlement', transaction },
        { timeoutMs: SIGNER_TIMEOUT_MS },
      )
      .catch(signerFailed);
    const raw = rawTransaction as Hex;
    // The nonce is that of one account, and the chain is asked for the hash later: neither is believed.
    if (from === account && hash === keccak256(raw)) return { hash, raw };
    this.address = undefined;
    this.balance = { wei: 0n, atMs: -Infinity };
    throw new AppError(
      'dependency-unavailable',
      `The signer answered a transaction of ${from} with hash ${hash}, where the relayer is ${account}: its settlement key changes.`,
    );
  }

  minedCount(account: string): Promise<number> {
    return this.chain.minedCount(account);
  }

  /** Wei of the relayer's account. @throws AppError `dependency-unavailable` */
  async wei(): Promise<bigint> {
    const address = (await this.account()) as Hex;
    return this.node.ask(() => this.node.client.getBalance({ address }));
  }

  private async assertFunds(costMax: bigint): Promise<void> {
    const now = performance.now();
    if (now - this.balance.atMs > BALANCE_CACHE_MS || this.balance.wei < costMax)
      this.balance = { wei: await this.wei(), atMs: now };
    if (this.balance.wei >= costMax) return;
    throw new AppError(
      'dependency-unavailable',
      `The relayer ${await this.account()} holds ${this.balance.wei} wei and needs ${costMax}: send it some.`,
    );
  }
}

/** A signer that does not answer in time is a dependency that is away; nothing it said later would be used. */
function signerFailed(error: unknown): never {
  if (!(error instanceof AppError) || error.code !== 'timeout') throw error;
  throw new AppError('dependency-unavailable', 'The signer does not answer.', { cause: error });
}
