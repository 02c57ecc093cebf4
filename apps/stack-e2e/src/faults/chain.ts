import type { FaultyStack } from '../stack/faulty-stack.js';

interface RpcTransaction {
  readonly hash: string;
  readonly from: string;
  readonly to: string | null;
  readonly nonce: string;
}
interface RpcBlock {
  readonly number: string;
  readonly transactions: readonly RpcTransaction[];
}

/** Who sent a transaction of the stack: `payment` a settlement, `anchor` a checkpoint. */
export type TransactionKind = 'payment' | 'anchor';

/** A transaction of the stack. */
export interface StackTransaction {
  readonly hash: string;
  readonly kind: TransactionKind;
  readonly nonce: number;
}

function classify(stack: FaultyStack, transactions: readonly RpcTransaction[]): StackTransaction[] {
  const { settlementSubmitter, anchorSubmitter } = stack.description.chain;
  return transactions.flatMap(({ hash, from, nonce }) => {
    const sender = from.toLowerCase();
    const kind =
      sender === settlementSubmitter ? 'payment' : sender === anchorSubmitter ? 'anchor' : undefined;
    return kind === undefined ? [] : [{ hash, kind, nonce: Number(nonce) } as const];
  });
}

/** The stack's transactions in the newest `depth` blocks. */
export async function newestTransactions(stack: FaultyStack, depth: number): Promise<StackTransaction[]> {
  const height = Number(await stack.rpc<string>('eth_blockNumber'));
  const found: StackTransaction[] = [];
  for (let number = height; number > height - depth && number > 0; number--) {
    const tag = `0x${number.toString(16)}`;
    const block = await stack.rpc<RpcBlock | null>('eth_getBlockByNumber', [tag, true]);
    if (block !== null) found.push(...classify(stack, block.transactions));
  }
  return found;
}

/** The stack's transactions that wait for a block. */
export async function waitingTransactions(stack: FaultyStack): Promise<StackTransaction[]> {
  const { pending, queued } =
    await stack.rpc<Record<'pending' | 'queued', Record<string, Record<string, RpcTransaction>>>>(
      'txpool_content',
    );
  const all = [pending, queued].flatMap((pool) =>
    Object.values(pool).flatMap((byNonce) => Object.values(byNonce)),
  );
  return classify(stack, all);
}

/** True when the transaction stands in a block. */
export async function isMined(stack: FaultyStack, hash: string): Promise<boolean> {
  return (await stack.rpc<unknown>('eth_getTransactionReceipt', [hash])) !== null;
}
