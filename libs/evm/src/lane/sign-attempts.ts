import { AppError } from '@touchstone/contracts';
import { chooseFees, raiseFees, type Fees } from './fees.js';
import type { LaneChain, LaneSigner, Signing } from './lane-ports.js';
import { newestAttempt, type Attempt, type Call, type LaneTransaction } from './lane-transaction.js';

/** Milliseconds that a balance which was enough is taken as enough. */
export const BALANCE_CACHE_MS = 2_000;

/** Prices and signs transactions. Nothing here is stored or sent. */
export class SignAttempts {
  private balance = { account: '', wei: 0n, atMs: -Infinity };

  constructor(
    private readonly chain: LaneChain,
    private readonly signer: LaneSigner,
    /** Largest fee per gas in wei; the signer has a limit of its own. */
    private readonly feePerGasMax: bigint,
  ) {}

  /**
   * How to sign new transactions of the account of now. An account that cannot pay for them is found out before: its
   * transaction would wait in no pool, and everything behind it too.
   *
   * @throws AppError `dependency-unavailable`
   */
  async fresh(calls: readonly Call[]): Promise<Signing> {
    const [account, market] = await Promise.all([this.signer.account(), this.chain.feeMarket()]);
    const fees = chooseFees(market, this.feePerGasMax);
    const gas = calls.reduce((most, call) => (call.gas > most ? call.gas : most), 0n);
    await this.assertFunds(account, gas * fees.maxFeePerGas);
    return {
      account,
      chainCount: () => this.chain.transactionCount(account),
      sign: (call, nonce) => this.sign(account, call, nonce, fees),
    };
  }

  /**
   * Further bytes of the same nonce at higher fees.
   *
   * @returns `undefined` when the cap leaves no room, or when the key of the account is gone
   */
  async dearer(transaction: LaneTransaction): Promise<Attempt | undefined> {
    const { account, call, nonce } = transaction;
    if ((await this.signer.account()) !== account) return undefined;
    const fees = raiseFees(newestAttempt(transaction), await this.chain.feeMarket(), this.feePerGasMax);
    return fees && this.sign(account, call, nonce, fees);
  }

  private async sign(account: string, call: Call, nonce: number, fees: Fees): Promise<Attempt> {
    const { chainId } = this.chain;
    const signed = await this.signer.sign({ chainId, nonce, ...call, ...fees }, account);
    return { ...signed, ...fees, sentAtBlock: null };
  }

  private async assertFunds(account: string, costMax: bigint): Promise<void> {
    const now = performance.now();
    const { balance } = this;
    const isKnown = balance.account === account && now - balance.atMs <= BALANCE_CACHE_MS;
    if (!isKnown || balance.wei < costMax)
      this.balance = { account, wei: await this.chain.balance(account), atMs: now };
    if (this.balance.wei >= costMax) return;
    throw new AppError(
      'dependency-unavailable',
      `The account ${account} holds ${this.balance.wei} wei and needs ${costMax}: send it some.`,
    );
  }
}
