import { callRpc } from './json-rpc.js';

const POLL_INTERVAL_MS = 100;
/** With one slot per epoch anvil calls a block final when two blocks lie on top of it. */
const BLOCKS_UNTIL_FINAL = 2;

interface Block {
  readonly number: string;
  readonly transactions: readonly string[];
}

/** How many empty blocks are missing until every block that has transactions is final. */
async function missingBlocks(rpcUrl: string): Promise<number> {
  const head = await callRpc<Block>(rpcUrl, 'eth_getBlockByNumber', ['latest', false]);
  if (head.transactions.length > 0) return BLOCKS_UNTIL_FINAL;
  const height = Number(head.number);
  if (height === 0) return 0;
  const parent = await callRpc<Block | null>(rpcUrl, 'eth_getBlockByNumber', [
    `0x${(height - 1).toString(16)}`,
    false,
  ]);
  return parent !== null && parent.transactions.length > 0 ? BLOCKS_UNTIL_FINAL - 1 : 0;
}

/**
 * Mines two empty blocks after a block with transactions, so that `finalized` reaches it; an idle chain stays as it
 * is (interval mining would fill the state file for nothing). Returns a function that stops watching.
 */
export function watchAndMine(rpcUrl: string): () => void {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const tick = async (): Promise<void> => {
    try {
      const missing = await missingBlocks(rpcUrl);
      if (missing > 0 && !stopped) await callRpc(rpcUrl, 'anvil_mine', [`0x${missing.toString(16)}`]);
    } catch {
      // A chain that does not answer now is asked again; that it has gone away is noticed by its exit.
    }
    if (!stopped) timer = setTimeout(() => void tick(), POLL_INTERVAL_MS).unref();
  };
  void tick();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
