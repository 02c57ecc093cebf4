import { callRpc } from './json-rpc.js';

const POLL_INTERVAL_MS = 100;
/** anvil calls a block final when two epochs of blocks lie on top of it. */
const EPOCHS_UNTIL_FINAL = 2;
/** Slots of an epoch of the development chain where nothing else is asked for. */
export const SLOTS_IN_AN_EPOCH_DEFAULT = 1;

interface Block {
  readonly number: string;
  readonly transactions: readonly string[];
}

/** How many empty blocks are missing until every block that has transactions is final. */
async function missingBlocks(rpcUrl: string, blocksUntilFinal: number): Promise<number> {
  const head = await callRpc<Block>(rpcUrl, 'eth_getBlockByNumber', ['latest', false]);
  if (head.transactions.length > 0) return blocksUntilFinal;
  const height = Number(head.number);
  for (let depth = 1; depth < blocksUntilFinal && depth <= height; depth++) {
    const number = `0x${(height - depth).toString(16)}`;
    const block = await callRpc<Block | null>(rpcUrl, 'eth_getBlockByNumber', [number, false]);
    if (block !== null && block.transactions.length > 0) return blocksUntilFinal - depth;
  }
  return 0;
}

/**
 * Mines a few empty blocks on a chain that goes on from its file. The file holds the newest state alone; once the
 * final block lies above it, what stood in the chain before can be proven again.
 */
export async function makeFinalBlockProvable(rpcUrl: string, slotsInAnEpoch: number): Promise<void> {
  const height = Number(await callRpc<string>(rpcUrl, 'eth_blockNumber'));
  const missing = EPOCHS_UNTIL_FINAL * slotsInAnEpoch + 1;
  if (height > 0) await callRpc(rpcUrl, 'anvil_mine', [`0x${missing.toString(16)}`]);
}

/**
 * Mines empty blocks (two for each slot of an epoch) after a block with transactions, so that `finalized` reaches
 * it; an idle chain stays as it is (interval mining would fill the state file for nothing). Returns a function that
 * stops watching.
 */
export function watchAndMine(rpcUrl: string, slotsInAnEpoch = SLOTS_IN_AN_EPOCH_DEFAULT): () => void {
  const blocksUntilFinal = EPOCHS_UNTIL_FINAL * slotsInAnEpoch;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const tick = async (): Promise<void> => {
    try {
      const missing = await missingBlocks(rpcUrl, blocksUntilFinal);
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
