import { AppError } from '@touchstone/contracts';
import {
  fromHex,
  keccak256,
  parseTransaction,
  recoverTransactionAddress,
  toFunctionSelector,
  toHex,
  type Hex,
} from 'viem';
import type { ChainHead, LaneChain, Placement, SendOutcome } from '../src/index.js';

/** A transaction as the simulated chain reads it out of its bytes. */
interface Sent {
  readonly account: string;
  readonly nonce: number;
  readonly maxFeePerGas: bigint;
  readonly subject: string;
  readonly hash: string;
}

interface Block {
  readonly hash: string;
  readonly transactions: readonly Sent[];
}

/** A call that the settlement key may sign; its only argument is the subject. */
export function callDataOf(subject: string): Hex {
  return `${SETTLES}${toHex(subject).slice(2)}`;
}

async function readSent(raw: `0x02${string}`): Promise<Sent> {
  const { nonce = 0, maxFeePerGas = 0n, data = '0x' } = parseTransaction(raw);
  const account = (await recoverTransactionAddress({ serializedTransaction: raw })).toLowerCase();
  const subject = fromHex(`0x${data.slice(SETTLES.length)}`, 'string');
  return { account, nonce, maxFeePerGas, subject, hash: keccak256(raw) };
}

const SETTLES = toFunctionSelector(
  'transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)',
);

const word = (value: number): string => `0x${value.toString(16).padStart(64, '0')}`;

/** A chain in memory that keeps the rules of nonces and fees, and whose node can lag, forget and fall silent. */
export class SimulatedChain implements LaneChain {
  readonly network = 'eip155:8453';
  readonly chainId = 8453;
  readonly blocks: Block[] = [{ hash: word(1), transactions: [] }];
  readonly pool = new Map<string, Sent>();
  baseFeePerGas = 100n;
  wei = 10n ** 18n;
  /** Blocks by which receipts lag behind counts, as behind a balancer over two nodes. */
  receiptLag = 0;
  silent = false;
  private forks = 0;

  get latest(): number {
    return this.blocks.length - 1;
  }

  async head(): Promise<ChainHead> {
    this.answer();
    return { latest: BigInt(this.latest), finalized: BigInt(this.latest) - 64n };
  }

  async feeMarket() {
    this.answer();
    return { baseFeePerGas: this.baseFeePerGas, priorityFeePerGas: 1n };
  }

  async transactionCount(account: string, atBlock = BigInt(this.latest)): Promise<number> {
    this.answer();
    return this.count(account, Number(atBlock));
  }

  async balance(): Promise<bigint> {
    this.answer();
    return this.wei;
  }

  async blockHash(number: bigint): Promise<string | undefined> {
    this.answer();
    return this.blocks[Number(number)]?.hash;
  }

  async placementOf(hash: string): Promise<Placement | undefined> {
    this.answer();
    const number = this.blocks.findIndex(({ transactions }) =>
      transactions.some((sent) => sent.hash === hash),
    );
    if (number < 0 || number > this.latest - this.receiptLag) return undefined;
    const block = { number: BigInt(number), hash: this.blocks[number]?.hash ?? '' };
    return { hash, block, succeeded: true, gasUsed: 21_000n };
  }

  async knows(hash: string): Promise<boolean> {
    this.answer();
    return [...this.pool.values()].some((sent) => sent.hash === hash) || this.isMined(hash);
  }

  async send(raw: string): Promise<SendOutcome> {
    this.answer();
    const sent = await readSent(raw as `0x02${string}`);
    if (this.isMined(sent.hash)) return 'accepted';
    if (sent.nonce < this.count(sent.account)) return 'nonce-used';
    const place = `${sent.account}/${sent.nonce}`;
    const before = this.pool.get(place);
    if (
      before !== undefined &&
      before.hash !== sent.hash &&
      sent.maxFeePerGas * 10n < before.maxFeePerGas * 11n
    )
      return 'underpriced';
    this.pool.set(place, sent);
    return 'accepted';
  }

  /** Mines what can be mined: consecutive nonces at or above the base fee. */
  mine(blocks = 1): void {
    for (let count = 0; count < blocks; count += 1) {
      const transactions: Sent[] = [];
      for (const [place, sent] of [...this.pool].sort(([, a], [, b]) => a.nonce - b.nonce)) {
        const next = this.count(sent.account) + transactions.filter((t) => t.account === sent.account).length;
        if (sent.nonce < next) this.pool.delete(place);
        if (sent.nonce !== next || sent.maxFeePerGas < this.baseFeePerGas) continue;
        transactions.push(sent);
        this.pool.delete(place);
      }
      this.blocks.push({ hash: word(this.blocks.length + 1 + 1_000_000 * this.forks), transactions });
    }
  }

  /** Drops the newest blocks and what they held; `keep` puts their transactions back into the pool. */
  reorganise(depth: number, keep = false): void {
    const dropped = this.blocks.splice(Math.max(1, this.blocks.length - depth));
    this.forks += 1;
    if (keep)
      for (const sent of dropped.flatMap(({ transactions }) => transactions))
        this.pool.set(`${sent.account}/${sent.nonce}`, sent);
  }

  /** A stranger uses the account's next nonce. */
  useNonce(account: string): void {
    const sent = {
      account,
      nonce: this.count(account),
      subject: 'stranger',
      hash: word(9_000_000 + this.latest),
      maxFeePerGas: 0n,
    };
    this.blocks.push({ hash: word(this.blocks.length + 1 + 1_000_000 * this.forks), transactions: [sent] });
  }

  /** Subjects of the transactions in blocks. */
  mined(): string[] {
    return this.blocks.flatMap(({ transactions }) => transactions.map(({ subject }) => subject));
  }

  private isMined(hash: string): boolean {
    return this.blocks.some(({ transactions }) => transactions.some((sent) => sent.hash === hash));
  }

  private count(account: string, upTo = this.latest): number {
    return this.blocks
      .slice(0, upTo + 1)
      .reduce(
        (sum, { transactions }) => sum + transactions.filter((sent) => sent.account === account).length,
        0,
      );
  }

  private answer(): void {
    if (this.silent) throw new AppError('dependency-unavailable', 'The node is silent.');
  }
}
